import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';

/** What the first page brought, on its way to the second. */
export interface TotpStep {
  /** Name of the account that guesses are counted by. */
  name: string;
  /** A credential, or an id like one where the address or the password was not right. */
  credentialId: string;
}

interface Sealed extends TotpStep {
  interactionId: string;
  expiresAt: number;
}

const purpose = 'cis2-totp-step';
/** How long the code may take, in milliseconds. */
const lifetime = 300_000;
const longest = 4_096;

/** Seals it for the page of one interaction: whoever has the page can neither read nor change it. */
export const sealStep = (vault: Vault, clock: Clock, interactionId: string, step: TotpStep): string =>
  vault.seal(
    purpose,
    JSON.stringify({ ...step, interactionId, expiresAt: clock.now() + lifetime } satisfies Sealed),
  );

/** Opens it; undefined when it was changed, is too old or was made in another interaction. */
export function openStep(
  vault: Vault,
  clock: Clock,
  interactionId: string,
  sealed: string,
): TotpStep | undefined {
  if (sealed.length > longest) return undefined;
  try {
    const step = JSON.parse(vault.open(purpose, sealed)) as Sealed;
    return step.interactionId === interactionId && clock.now() < step.expiresAt ? step : undefined;
  } catch {
    return undefined;
  }
}
