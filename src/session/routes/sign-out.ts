/** The end of a session at its person's wish, and what the browser is to forget with it. */

import type { Request, Response } from 'express'
import { addLogFields } from '../../http/access-log.ts'
import type { Origins } from '../../http/origins.ts'
import { clearCookie } from '../cookie.ts'
import type { Session, Sessions } from '../sessions.ts'

export interface SignOutParts {
  readonly sessions: Pick<Sessions, 'end'>
  readonly origins: Origins
  /** `staff`: on a staff origin of its own only, since it wipes whatever else the site keeps in the browser. */
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
      // "cookies" would go by the whole domain, and take the provider's with it, so that it could tell nobody of the sign-out.
      res.setHeader('Clear-Site-Data', '"cache", "storage"')
  }
