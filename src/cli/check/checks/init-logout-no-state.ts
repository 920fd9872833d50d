import { survivesState } from '../returned-state.ts';

export const initLogoutNoState = survivesState({
  name: 'oidcc-client-test-rp-init-logout-no-state',
  does: 'without the state that was sent',
  change: (parameters) => parameters.delete('state'),
});
