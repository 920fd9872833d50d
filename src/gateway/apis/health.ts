import type { Health } from '../api.ts';

/** Returns a check of `/_status`, in the format of the published proxies. */
export const checkOf = ({ healthy }: Health, link: string): object => ({
  status: healthy ? 'pass' : 'fail',
  timeout: 'false',
  responseCode: healthy ? 200 : 503,
  outcome: healthy ? 'ok' : 'storage does not answer',
  links: { self: link },
});
