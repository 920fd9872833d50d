import type { Plan } from './module.ts';
import { backChannel } from './modules/back-channel.ts';
import { configuration } from './modules/configuration.ts';
import { logout } from './modules/logout.ts';
import { responses } from './modules/responses.ts';
import { sessions } from './modules/sessions.ts';
import { tokens } from './modules/tokens.ts';
import { userinfo } from './modules/userinfo.ts';

const basicModules = [...responses, ...tokens, ...userinfo, ...sessions];

export const basicPlan: Plan = { id: 'oidcc-basic-certification-test-plan', modules: basicModules };

/** The same modules, with every response in a form. */
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
