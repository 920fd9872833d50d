import { nextSignIn } from '@alongside/client/web';
import { signIn } from '../../lib/sign-in.js';

// /sign-in, /callback, /role, /sign-out and /signed-out.
export const { GET, POST } = nextSignIn(signIn);
