const isa = 'NHSDigital/identity-service-api, proxies/live';

/** Common members of entries. The source is the published proxy, unless an entry has its own. */
export const bad = { code: 'invalid_request', status: 400, source: isa } as const;
export const unknown = { ...bad, status: 401 } as const;
export const denied = { code: 'access_denied', status: 401, actor: 'operator', source: isa } as const;
export const back = { status: 302, redirect: true, source: isa } as const;
export const unsigned = { code: 'public_key error', status: 401, source: isa } as const;
export const limited = { code: 'ratelimit_exceeded', status: 429, source: isa } as const;
export const unexpected = {
  code: 'unknown_error',
  description:
    'An unknown error occurred processing this request. Contact us for assistance diagnosing this issue: https://digital.nhs.uk/developer/help-and-support quoting Message ID',
  source: isa,
} as const;
