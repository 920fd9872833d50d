/** Sign-in for an application that runs only in a web page. Nothing here needs Node.js. */

export type { Clock } from '../clock.ts';
export type { ClientErrorCode, ErrorFacts, OAuthErrorDetails } from '../errors.ts';
export { ClientError, OAuthError } from '../errors.ts';
export type { Fetch } from '../http.ts';
export type { ServerMetadata } from '../metadata.ts';
export type { TokenSetFields } from '../tokens.ts';
export { TokenSet } from '../tokens.ts';
export type { BrowserPage, PageSettings, PageSignIn } from './sign-in.ts';
/** The sign-in of a page. */
export { createPageSignIn } from './sign-in.ts';
