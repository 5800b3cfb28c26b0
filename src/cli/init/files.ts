/** What `smooch-bff init` writes: the settings that every service needs, with keys of its own. */

export const dotEnv = (
  secret: () => string,
): string => `# Settings of smooch-bff; smooch-bff start reads them. They hold secrets: keep this file out of version control.

# Your app at the vendor, and a key of it.
SMOOCH_BASE_URL=https://api.smooch.io
SMOOCH_APP_ID=
SMOOCH_KEY_ID=
SMOOCH_KEY_SECRET=

# The origins that browsers use; needed in production.
#PUBLIC_ORIGIN=https://app.example.com

# The Redis of compose.yml. Without one a restart signs everybody out.
#REDIS_URL=redis://127.0.0.1:6379

# Made for you: they sign tokens, seal sessions, and let your backend mint sessions on the private listener.
SESSION_KEYS=k1:${secret()}
SESSION_PEPPERS=p1:${secret()}
SERVICE_KEYS=backend:${secret()}
`

export const compose = `# A Redis for smooch-bff on this machine: docker compose up -d --wait
services:
  redis:
    image: redis:7-alpine
    # noeviction: an evicted key would be a session that ended.
    command: [redis-server, --maxmemory, 256mb, --maxmemory-policy, noeviction, --appendonly, "yes", --save, ""]
    ports: ["127.0.0.1:6379:6379"]
    volumes: [sessions:/data]
    healthcheck:
      test: [CMD, redis-cli, ping]
      interval: 5s
    restart: unless-stopped

volumes:
  sessions:
`
