import type { HttpRequest } from '@alongside/kernel/http';
import type { TrustedProxies } from '@alongside/kernel/peer';

const plain = (address: string): string => {
  const without = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^127\.|^::1$/.test(without) ? 'loopback' : without;
};

/** Networks in which desks and tablets are held to be near each other. */
export type Networks = Pick<TrustedProxies, 'includes'>;

export const noNetworks: Networks = { includes: () => false };

/** Returns the address that counts for nearness; empty where only the address of a proxy is known. */
export const nearAddress = ({
  address,
  clientUnknown,
}: Pick<HttpRequest, 'address' | 'clientUnknown'>): string => (clientUnknown ? '' : address);

/** Whether a tablet may be held to be near a desk: both come from the same address, or both from a network that policy names. */
export function isNear(desk: string, tablet: string, networks: Networks): boolean {
  if (desk !== '' && plain(desk) === plain(tablet)) return true;
  return networks.includes(desk) && networks.includes(tablet);
}
