/** Returns the `form-action` source for an address: its origin, or its scheme if a policy cannot express the host. */
export function formTarget(address: string): string {
  const { origin, protocol } = new URL(address);
  return /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(origin) ? origin : protocol;
}

/**
 * Returns the sources for a form that posts to an application. Browsers also check redirects behind it
 * against the policy (CSP Level 3 section 6.4.1), and an application may redirect from its callback to any
 * host, especially in development.
 */
export function answerTargets(address: string): string[] {
  const onward: Readonly<Record<string, string[]>> = { 'https:': ['https:'], 'http:': ['http:', 'https:'] };
  return [...new Set([formTarget(address), ...(onward[new URL(address).protocol] ?? [])])];
}
