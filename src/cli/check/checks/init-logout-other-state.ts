import { survivesState } from '../returned-state.ts';

export const initLogoutOtherState = survivesState({
  name: 'oidcc-client-test-rp-init-logout-other-state',
  does: 'with another state than the one that was sent',
  change: (parameters) => parameters.set('state', 'another-state'),
});
