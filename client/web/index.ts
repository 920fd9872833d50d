/** The sign-in of a web application, on Request and Response, in either pattern. */

/** Adapters for Express, Fastify and Next.js. */
export {
  expressPage,
  expressSignIn,
  fastifyPage,
  fastifySignIn,
  type NextFunctions,
  nextPage,
  nextSignIn,
} from './adapters.ts';
export type { WebSession } from './live-sessions.ts';
export type { WebSignInOptions } from './pattern.ts';
export type { SignInFailure } from './responses.ts';
export type { SessionStore, StoredSession, User } from './sessions.ts';
/** Sessions of one process. */
export { memorySessions } from './sessions.ts';
export type { WebPaths, WebSignIn, WebSignInSettings } from './sign-in.ts';
/** The handlers of a web application. */
export { createWebSignIn } from './sign-in.ts';
