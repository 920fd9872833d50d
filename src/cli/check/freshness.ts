/** Whether an authorization request says how old the sign-in may be. */
export const asksForFreshness = (request: URLSearchParams): boolean =>
  request.has('max_age') || (request.get('prompt') ?? '').split(' ').includes('login');
