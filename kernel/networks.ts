import { BlockList, isIP } from 'node:net';

const loopback = /^(::1|127\.\d+\.\d+\.\d+)$/;

/**
 * Normalises a network address: IPv4-mapped IPv6 becomes IPv4, and all loopback addresses become one, so that
 * a browser and an agent on one machine match.
 */
export function networkAddress(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
  return loopback.test(plain) ? '127.0.0.1' : plain;
}

/**
 * Returns the key for rate limits: an IPv4 address, or the 64-bit network of an IPv6 address, because its
 * holder has all of it (RFC 6177 section 2).
 */
export function callerNetwork(address: string): string {
  const plain = networkAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? [];
  const left = head.split(':').filter(Boolean);
  // A tail may end in an IPv4 address, which replaces two parts.
  const right = (tail ?? '').split(':').filter(Boolean);
  const gap = 8 - left.length - right.length - (right.at(-1)?.includes('.') ? 1 : 0);
  const whole = [...left, ...Array<string>(Math.max(0, gap)).fill('0'), ...right];
  return `${whole.slice(0, 4).join(':')}::/64`;
}

/** Returns whether a host name means this machine. */
export const isLoopbackName = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

type Ranges = readonly (readonly [network: string, prefix: number])[];

function blockList(ipv4: Ranges, ipv6: Ranges): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of ipv4) list.addSubnet(network, prefix, 'ipv4');
  for (const [network, prefix] of ipv6) list.addSubnet(network, prefix, 'ipv6');
  return list;
}

/**
 * Ranges with no public host in them: the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890; as of 2025),
 * multicast, and the deprecated ranges of IPv6 that may lead elsewhere.
 */
const special = blockList(
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.31.196.0', 24],
    ['192.52.193.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
    ['192.175.48.0', 24],
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ],
  [
    ['::', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['100:0:0:1::', 64],
    ['2001::', 23],
    ['2001:db8::', 32],
    ['2002::', 16],
    ['2620:4f:8000::', 48],
    ['3fff::', 20],
    ['5f00::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    ['fec0::', 10],
    ['ff00::', 8],
  ],
);

/** Addresses at which clouds serve a machine's credentials, and the link-local ranges that contain most of them. */
const metadata = blockList(
  [
    ['100.100.100.200', 32],
    ['168.63.129.16', 32],
    ['169.254.0.0', 16],
    ['192.0.0.192', 32],
  ],
  [
    ['fd00:ec2::', 32],
    ['fd20:ce::254', 128],
    ['fe80::', 10],
  ],
);

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const pair = (high = '0', low = '0') => (Number(high) * 256 + Number(low)).toString(16);
  const plain = dotted
    ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`
    : (address.split('%')[0] ?? '');
  const [left = [], right = []] = plain.split('::').map((half) => half.split(':').filter(Boolean));
  const gap = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16));
}

const dottedOf = (high = 0, low = 0): string => [high >> 8, high & 255, low >> 8, low & 255].join('.');

/** IPv4 addresses that packets to this IPv6 address may end at: mapped, compatible, NAT64 (RFC 6052), 6to4 (RFC 3056), Teredo (RFC 4380). */
function embeddedIn(address: string): string[] {
  const groups = groupsOf(address);
  const last = dottedOf(groups[6], groups[7]);
  const starts = (...prefix: number[]) => prefix.every((group, index) => groups[index] === group);
  if (starts(0, 0, 0, 0, 0, 0) || starts(0, 0, 0, 0, 0, 0xffff) || starts(0, 0, 0, 0, 0xffff, 0))
    return [last];
  if (starts(0x64, 0xff9b)) return [last];
  if (starts(0x2002)) return [dottedOf(groups[1], groups[2])];
  if (starts(0x2001, 0))
    return [dottedOf(groups[2], groups[3]), dottedOf((groups[6] ?? 0) ^ 0xffff, (groups[7] ?? 0) ^ 0xffff)];
  return [];
}

const isOn = (list: BlockList, address: string): boolean =>
  isIP(address) === 6
    ? list.check(address, 'ipv6') || embeddedIn(address).some((inner) => list.check(inner, 'ipv4'))
    : list.check(address, 'ipv4');

/** Whether an IP address is not one of a public host. */
export const isSpecial = (address: string): boolean => isOn(special, address);

/** Whether a cloud may serve credentials at an IP address. */
export const isMetadata = (address: string): boolean => isOn(metadata, address);
