import type { Plan } from './module.ts';
import { backChannel } from './modules/back-channel.ts';
import { configuration } from './modules/configuration.ts';
import { assertions as fapi2Assertions } from './modules/fapi2/assertions.ts';
import { signedRequests } from './modules/fapi2/messages.ts';
import { certificates as fapi2Certificates, proofs as fapi2Proofs } from './modules/fapi2/proofs.ts';
import { requests as fapi2Requests } from './modules/fapi2/requests.ts';
import { tokens as fapi2Tokens } from './modules/fapi2/tokens.ts';
import { logout } from './modules/logout.ts';
import { responses } from './modules/responses.ts';
import { sessions } from './modules/sessions.ts';
import { assertionForIssuer, tokens } from './modules/tokens.ts';
import { userinfo } from './modules/userinfo.ts';

const basicModules = [...responses, ...tokens, ...userinfo, ...sessions];

export const basicPlan: Plan = { id: 'oidcc-basic-certification-test-plan', modules: basicModules };

/** The same modules for clients that register themselves. */
export const dynamicPlan: Plan = {
  id: `${basicPlan.id}[client_registration=dynamic_client]`,
  modules: basicModules,
};

/** The same modules with form_post responses. */
export const formPostPlan: Plan = {
  id: 'oidcc-formpost-basic-certification-test-plan',
  variant: { responseMode: 'form_post' },
  modules: basicModules,
};

const atTokenEndpoint = [
  'oidcc-server',
  'oidcc-idtoken-signature',
  'oidcc-codereuse',
  'oidcc-codereuse-30seconds',
  'oidcc-refresh-token',
];

/** The modules about the token endpoint, for clients that authenticate with an assertion. */
export const assertionPlan: Plan = {
  id: 'oidcc-test-plan[client_auth_type=private_key_jwt]',
  variant: { auth: 'private_key_jwt' },
  modules: [...basicModules.filter(({ id }) => atTokenEndpoint.includes(id)), assertionForIssuer],
};

export const configurationPlan: Plan = {
  id: 'oidcc-config-certification-test-plan',
  modules: configuration,
};

export const logoutPlan: Plan = { id: 'oidcc-rp-initiated-logout-certification-test-plan', modules: logout };

export const backChannelPlan: Plan = {
  id: 'oidcc-backchannel-rp-initiated-logout-certification-test-plan',
  modules: backChannel,
};

/** The same modules at a provider whose clients have certificates of an authority of their own. */
export const secureBackChannelPlan: Plan = { ...backChannelPlan, id: `${backChannelPlan.id} by TLS` };

/** Returns the name of a plan with its parameters, as the foundation's suite writes it. */
const named = (id: string, parameters: Record<string, string | undefined>): string =>
  Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .reduce((name, [parameter, value]) => `${name}[${parameter}=${value}]`, id);

const binding = { dpop: fapi2Proofs, mtls: fapi2Certificates };

/** Returns the plan of the FAPI 2.0 Security Profile for one way to authenticate and one to bind tokens. */
function securityProfile(auth: 'private_key_jwt' | 'mtls', sender: 'dpop' | 'mtls'): Plan {
  return {
    id: named('fapi2-security-profile-final-test-plan', { client_auth_type: auth, sender_constrain: sender }),
    variant: { auth, sender },
    modules: [
      ...fapi2Tokens,
      ...fapi2Requests,
      ...(auth === 'private_key_jwt' ? fapi2Assertions : []),
      ...binding[sender],
    ],
  };
}

export const fapi2Plan = securityProfile('private_key_jwt', 'dpop');

export const fapi2CertificatePlan = securityProfile('mtls', 'mtls');

/** The plans with a client certificate: for tokens, for authentication, or for both. */
export const fapi2CertificatePlans = [
  securityProfile('private_key_jwt', 'mtls'),
  securityProfile('mtls', 'dpop'),
  fapi2CertificatePlan,
] as const;

/** FAPI 2.0 Message Signing: requests are signed. Assertions are those of the security profile. */
export const messageSigningPlan: Plan = {
  id: named('fapi2-message-signing-final-test-plan', { fapi_request_method: 'signed_non_repudiation' }),
  variant: { auth: 'private_key_jwt', sender: 'dpop', signed: true },
  modules: [...fapi2Tokens, ...fapi2Requests, ...fapi2Proofs, ...signedRequests],
};

/** Returns a plan for an authorization server without ID tokens. */
export const plainOf = (plan: Plan): Plan => ({
  ...plan,
  id: named(plan.id, { openid: 'plain_oauth' }),
  modules: plan.modules.filter(({ openid }) => !openid),
});
