/** What `smooch-bff init` writes: settings, own keys, and a compose file that runs this package. */

const dotEnv = `# Settings of smooch-bff, for npx smooch-bff start and for compose.yml. Secrets are files in ./secrets, read again within 5 s of a change.

# Your app at the vendor, and a key of it; the secret of that key goes into secrets/smooch_key_secret.
SMOOCH_BASE_URL=https://api.smooch.io
SMOOCH_APP_ID=
SMOOCH_KEY_ID=
SMOOCH_KEY_SECRET_FILE=secrets/smooch_key_secret

# The origins that browsers use; needed in production, and by compose.yml.
#PUBLIC_ORIGIN=https://app.example.com

# Without one a restart signs everybody out; compose.yml brings its own.
#REDIS_URL=redis://127.0.0.1:6379

# Made for you: they sign tokens, seal sessions, and let your backend mint sessions on the private listener.
SESSION_KEYS_FILE=secrets/session_keys
SESSION_PEPPERS_FILE=secrets/session_peppers
SERVICE_KEYS_FILE=secrets/service_keys

# The journal is ./data/journal.db, with its keys beside it. For several replicas it lies in PostgreSQL, whose tables
# npx smooch-bff journal init makes: docs/deploy.md, Journal in PostgreSQL.
#JOURNAL_URL_FILE=secrets/journal_url
#JOURNAL_SIGNING_KEY_FILE=secrets/journal_signing_key
#JOURNAL_SEALING_KEY_FILE=secrets/journal_sealing_key
`

const compose = (user: string): string => `# smooch-bff as it is installed in this folder, with a Redis: docker compose up -d --wait
services:
  bff:
    image: node:26-slim
    command: [node, node_modules/smooch-bff/dist/src/main.js]
    working_dir: /app
    # Whoever owns ./secrets and ./data.
    user: "${user}"
    env_file: .env
    environment:
      NODE_ENV: production
      HOST: 0.0.0.0
      PRIVATE_HOST: 0.0.0.0
      PUBLIC_ORIGIN: \${PUBLIC_ORIGIN:?is needed, such as https://app.example.com}
      REDIS_URL: redis://redis:6379
    volumes:
      - ./node_modules:/app/node_modules:ro
      # The folder: a file that is mounted by itself would stay as it was when it is replaced.
      - ./secrets:/app/secrets:ro
      # The journal.
      - ./data:/app/data
    # On loopback: the public one for your proxy, the private one for your backend.
    ports: ["127.0.0.1:3000:3000", "127.0.0.1:3001:3001"]
    networks: [edge, sessions]
    depends_on:
      redis: { condition: service_healthy }
    healthcheck:
      test: [CMD, node, -e, "fetch('http://127.0.0.1:3001/livez').then((answer) => answer.ok || Promise.reject(answer.status))"]
      interval: 10s
      timeout: 3s
      start_period: 10s
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped
    # DRAIN_DELAY_SECONDS, up to 5 s more while calls still come, then up to 25 s for what is in flight.
    stop_grace_period: 40s

  redis:
    image: redis:7-alpine
    # noeviction: an evicted key would be a session that ended. AOF: without it a restart signs everybody out.
    command: [redis-server, --maxmemory, 256mb, --maxmemory-policy, noeviction, --hash-max-listpack-value, "2048", --appendonly, "yes", --save, ""]
    volumes: [sessions:/data]
    networks: [sessions]
    healthcheck:
      test: [CMD, redis-cli, ping]
      interval: 5s
      timeout: 3s
      retries: 10
    read_only: true
    cap_drop: [ALL]
    user: "999:1000"
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped

networks:
  edge:
  # No way out of it.
  sessions: { internal: true }

volumes:
  sessions:
`

/** By path. Keys are files of their own, for the owner alone; `user` runs the container. */
export const filesFor = (secret: () => string, user: string): Readonly<Record<string, string>> => ({
  '.env': dotEnv,
  'compose.yml': compose(user),
  'secrets/.gitignore': '*\n',
  'secrets/session_keys': `k1:${secret()}\n`,
  'secrets/session_peppers': `p1:${secret()}\n`,
  'secrets/service_keys': `backend:${secret()}\n`,
})
