/** Sign-out: the end of the session, and what the browser is told to forget. */

import type { Request, Response } from 'express'
import { addLogFields } from '../../http/access-log.ts'
import type { Origins } from '../../http/request/origins.ts'
import { clearCookie } from '../credentials/headers.ts'
import type { Session } from '../record.ts'
import type { Sessions } from '../sessions.ts'

export interface SignOutParts {
  readonly sessions: Pick<Sessions, 'end'>
  readonly origins: Origins
  /** When to send Clear-Site-Data. `staff`: on a staff origin alone, as it wipes a whole site. */
  readonly clearSiteData: 'staff' | 'always' | 'never'
}

export const createSignOut =
  ({ sessions, origins, clearSiteData }: SignOutParts) =>
  async (req: Request, res: Response, session: Session | undefined): Promise<void> => {
    if (session) {
      addLogFields(res, { actor: session.place.tag, session: session.sid })
      await sessions.end(session)
    }
    res.setHeader('Set-Cookie', clearCookie(origins.cookies))
    if (clearSiteData === 'always' || (clearSiteData === 'staff' && origins.isStaff(req.headers.host)))
      // "cookies" would take the provider's on the same domain too, and with it its sign-out.
      res.setHeader('Clear-Site-Data', '"cache", "storage"')
  }
