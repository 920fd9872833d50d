import type { Command } from './command.ts';

/** Loads a command by its name, in the order of the help. Each loads only its own modules. */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./commands/up.ts')).up,
  serve: async () => (await import('./commands/serve.ts')).serve,
  exec: async () => (await import('./commands/exec.ts')).exec,
  admin: async () => (await import('./commands/admin.ts')).admin,
  status: async () => (await import('./commands/status.ts')).status,
  card: async () => (await import('./commands/card.ts')).card,
  agent: async () => (await import('./commands/agent.ts')).agent,
  person: async () => (await import('./commands/person.ts')).person,
  citizen: async () => (await import('./commands/citizen.ts')).citizen,
  authenticator: async () => (await import('./commands/authenticator.ts')).authenticator,
  'registration-authority': async () =>
    (await import('./commands/registration-authority.ts')).registrationAuthority,
  mail: async () => (await import('./commands/mail.ts')).mail,
  directory: async () => (await import('./commands/directory.ts')).directory,
  session: async () => (await import('./commands/session.ts')).session,
  app: async () => (await import('./commands/app.ts')).app,
  product: async () => (await import('./commands/product.ts')).product,
  developer: async () => (await import('./commands/developer.ts')).developer,
  keys: async () => (await import('./commands/keys.ts')).keys,
  audit: async () => (await import('./commands/audit.ts')).audit,
  fault: async () => (await import('./commands/fault.ts')).fault,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  import: async () => (await import('./commands/import.ts')).importCommand,
  reset: async () => (await import('./commands/reset.ts')).reset,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  config: async () => (await import('./commands/config.ts')).config,
  check: async () => (await import('./commands/check.ts')).check,
  explain: async () => (await import('./commands/explain.ts')).explain,
  validate: async () => (await import('./commands/validate.ts')).validate,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

/** The names of all commands. */
export const commandNames: readonly string[] = Object.keys(loaders);

/** Returns the command with this name, if there is one. */
export const loadCommand = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(loaders, name) ? await loaders[name]?.() : undefined;

/** Returns all commands, for the help, the documentation and completion. */
export const allCommands = (): Promise<readonly Command[]> =>
  Promise.all(Object.values(loaders).map((load) => load()));
