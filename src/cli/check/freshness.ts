/** Returns whether an authorization request limits the age of the sign-in. */
export const asksForFreshness = (request: URLSearchParams): boolean =>
  request.has('max_age') || (request.get('prompt') ?? '').split(' ').includes('login');
