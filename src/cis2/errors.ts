import { consoleErrors } from './administration/errors.ts';
import { handOffErrors } from './authenticators/smartcard/errors.ts';
import { tabletErrors } from './authenticators/tablet/errors.ts';
import { enrolmentErrors } from './enrolment/errors.ts';
import { requestErrors } from './errors/request.ts';
import { responseErrors } from './errors/response.ts';
import { tokenErrors } from './errors/token.ts';
import { logoutErrors } from './openid/end-session/errors.ts';
import { registrationErrors } from './registration/errors.ts';
import { signInErrors } from './sign-in/errors.ts';

/** Every refusal of CIS2. */
export const errors = {
  ...requestErrors,
  ...responseErrors,
  ...handOffErrors,
  ...tokenErrors,
  ...logoutErrors,
  ...consoleErrors,
  ...registrationErrors,
  ...enrolmentErrors,
  ...signInErrors,
  ...tabletErrors,
};
