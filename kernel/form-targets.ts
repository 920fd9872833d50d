/** What `form-action` must name so that a form may lead to an address: its origin, or its scheme where a policy has no word for the host. */
export function formTarget(address: string): string {
  const { origin, protocol } = new URL(address);
  return /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(origin) ? origin : protocol;
}

/**
 * The same for a form that answers an application. The browser also holds the redirects behind it against the policy (CSP Level 3
 * section 6.4.1), and where an application leads on from its callback is its own affair: to another host, mostly, in development.
 */
export function answerTargets(address: string): string[] {
  const onward: Readonly<Record<string, string[]>> = { 'https:': ['https:'], 'http:': ['http:', 'https:'] };
  return [...new Set([formTarget(address), ...(onward[new URL(address).protocol] ?? [])])];
}
