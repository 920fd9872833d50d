/** A test browser without a window: keeps cookies and follows redirects to a given address. */
export interface UserAgent {
  /** Follows redirects; returns the first address that begins with `end`. */
  follow(url: string, end: string): Promise<string>;
}

const MOST_REDIRECTS = 12;

export function userAgent(): UserAgent {
  const cookies = new Map<string, string>();

  async function next(url: string): Promise<string> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? [];
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`no redirect from ${url}: ${response.status} ${await response.text()}`);
    return new URL(location, url).href;
  }

  return {
    async follow(url, end) {
      let at = url;
      for (let hops = 0; hops < MOST_REDIRECTS; hops += 1) {
        at = await next(at);
        if (at.startsWith(end)) return at;
      }
      throw new Error(`still redirected after ${MOST_REDIRECTS} hops`);
    },
  };
}
