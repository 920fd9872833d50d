import { json } from '@alongside/kernel/answer';
import type { ErrorRenderer } from '../api.ts';
import { descriptionOf, type ErrorName, errorNameOf } from './catalogue.ts';

interface Form {
  code: string;
  /** Apigee's text or status, if different from the error's. */
  text?: string;
  status?: number;
}

// VerifyAccessToken finds no token to look up, whatever the reason.
const unreadable: Form = { code: 'oauth.v2.InvalidAccessToken', text: 'Invalid access token' };
const unknown: Form = { code: 'keymanagement.service.invalid_access_token' };
const raised: Form = { code: 'steps.raisefault.RaiseFault' };

const forms: Readonly<Partial<Record<ErrorName, Form>>> = {
  bodyTooLarge: { code: 'protocol.http.TooBigBody' },
  requestMalformed: { code: 'protocol.http.BadFormData' },
  missingAuthorization: unreadable,
  emptyAuthorization: unreadable,
  missingToken: unreadable,
  wrongTokenType: unreadable,
  invalidToken: unknown,
  boundToken: unknown,
  unboundToken: unknown,
  wrongCertificate: unknown,
  wrongAudience: unknown,
  personDisabled: unknown,
  expiredToken: { code: 'keymanagement.service.access_token_expired' },
  invalidApiKey: { code: 'oauth.v2.InvalidApiKey' },
  apiKeyWithoutProduct: { code: 'oauth.v2.InvalidApiKeyForGivenResource' },
  noProductMatch: { code: 'keymanagement.service.InvalidAPICallAsNoApiProductMatchFound' },
  unsupportedPath: { code: 'messaging.adaptors.http.flow.ApplicationNotFound', status: 404 },
  otherOrigin: { code: 'messaging.adaptors.http.flow.ApplicationNotFound' },
  unavailable: { code: 'messaging.adaptors.http.flow.ServiceUnavailable' },
  insufficientAuthentication: {
    code: 'oauth.v2.InsufficientScope',
    text: 'Insufficient user authentication',
  },
  backEndTimeout: { code: 'messaging.adaptors.http.flow.GatewayTimeout' },
  backEndUnreachable: { code: 'messaging.adaptors.http.flow.ServiceUnavailable' },
  backEndBusy: { code: 'messaging.adaptors.http.flow.ServiceUnavailable' },
};

/** The response of the shared flow for rate limits, for proxies without their own fault rule. */
const policies: Readonly<Partial<Record<ErrorName, string>>> = {
  quotaOfApplication: 'quota',
  spikeOfApplication: 'spikeArrest',
  busyApi: 'quota',
  spikeOfOperation: 'spikeArrest',
};

/** Apigee's native faults, for proxies that do not handle errors. */
export const apigee: ErrorRenderer = {
  render(refusal) {
    const name = errorNameOf(refusal) ?? 'unexpected';
    const {
      code,
      text,
      status = Number(refusal.extra.status ?? refusal.entry.status),
    } = forms[name] ?? raised;
    const policy = refusal.extra.policy ?? policies[name];
    if (policy !== undefined) return json(status, { message: descriptionOf(refusal), policy });
    return json(status, {
      fault: { faultstring: text ?? descriptionOf(refusal), detail: { errorcode: code } },
    });
  },
  mirrors: () => true,
};
