import { clientSecretPost } from './client-secret-post.ts';
import type { ClientMethod } from './method.ts';
import { none } from './none.ts';
import { privateKeyJwt } from './private-key-jwt.ts';

/** Every way of client authentication that the standard profile offers. */
export const clientMethods: readonly ClientMethod[] = [none, clientSecretPost, privateKeyJwt];
