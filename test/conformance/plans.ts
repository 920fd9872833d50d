import type { Module, Plan } from './module.ts';
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
import { tokens } from './modules/tokens.ts';
import { userinfo } from './modules/userinfo.ts';

const basicModules = [...responses, ...tokens, ...userinfo, ...sessions];

export const basicPlan: Plan = { id: 'oidcc-basic-certification-test-plan', modules: basicModules };

/** The same modules with form_post responses. */
export const formPostPlan: Plan = {
  id: 'oidcc-formpost-basic-certification-test-plan',
  modules: basicModules,
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

/** With private_key_jwt and DPoP, for an OpenID provider. */
export const fapi2Plan: Plan = {
  id: 'fapi2-security-profile-final-test-plan',
  modules: [...fapi2Tokens, ...fapi2Requests, ...fapi2Assertions, ...fapi2Proofs],
};

/** With a client certificate for authentication and tokens, without the modules for assertions and proofs. */
export const fapi2CertificatePlan: Plan = {
  id: 'fapi2-security-profile-final-test-plan, mtls',
  modules: [...fapi2Tokens, ...fapi2Requests, ...fapi2Certificates],
};

const plain = ({ openid }: Module): boolean => !openid;

/** For an authorization server without ID tokens. */
export const plainFapi2Plan: Plan = {
  id: 'fapi2-security-profile-final-test-plan, plain_oauth',
  modules: fapi2Plan.modules.filter(plain),
};

export const plainFapi2CertificatePlan: Plan = {
  id: 'fapi2-security-profile-final-test-plan, plain_oauth, mtls',
  modules: fapi2CertificatePlan.modules.filter(plain),
};

/** Additions of FAPI 2.0 Message Signing for requests. */
export const messageSigningPlan: Plan = {
  id: 'fapi2-message-signing-final-test-plan',
  modules: signedRequests,
};
