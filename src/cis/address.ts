import type { HttpRequest } from '@alongside/kernel/http';

/** The part of a path at this place, decoded: 0 is the first after the leading slash. Empty when it is missing or damaged. */
export function pathPart(request: HttpRequest, place: number): string {
  try {
    return decodeURIComponent(request.path.split('/')[place + 1] ?? '');
  } catch {
    return '';
  }
}
