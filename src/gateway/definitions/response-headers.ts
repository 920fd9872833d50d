import type { Headers } from '@alongside/kernel/answer';

/**
 * Response headers of a back end that clients get: the representation, caching, conditions and limits (RFC 9110, RFC 9111, RFC 8288,
 * RFC 8594, RFC 9745, RFC 9530, FHIR). A browser applies each to its own response only.
 */
const allowed = new Set([
  'accept',
  'accept-patch',
  'accept-post',
  'accept-ranges',
  'age',
  'allow',
  'api-version',
  'cache-control',
  'content-digest',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'deprecation',
  'digest',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'pragma',
  'preference-applied',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-policy',
  'ratelimit-remaining',
  'ratelimit-reset',
  'repr-digest',
  'retry-after',
  'sunset',
  'traceresponse',
  'vary',
  'warning',
  'x-api-version',
  'x-correlation-id',
  'x-progress',
  'x-rate-limit-limit',
  'x-rate-limit-remaining',
  'x-rate-limit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
  'x-total-count',
]);

/**
 * Names that a definition cannot add: a browser, cache or proxy obeys them beyond the response (cookies, service workers, policies of the
 * origin, internal redirects of nginx), or only the gateway sets them.
 */
const reserved =
  /^(access-control-.*|attribution-reporting-.*|content-security-policy.*|cross-origin-.*|nhsd-.*|nhse-.*|proxy-.*|public-key-pins.*|sec-.*|surrogate-.*|x-accel-.*|x-content-security-policy.*|x-webkit-.*|accept-ch|activate-storage-access|alt-svc|alt-used|authentication-control|authentication-info|clear-site-data|connection|critical-ch|document-policy.*|dpop-nonce|expect-ct|feature-policy|forwarded|idp-signin-status|integrity-policy.*|keep-alive|nel|no-vary-search|observe-browsing-topics|origin-agent-cluster|permissions-policy.*|referrer-policy|refresh|report-to|reporting-endpoints|require-document-policy|server|service-worker-allowed|set-cookie2?|set-login|sourcemap|speculation-rules|strict-transport-security|supports-loading-mode|te|timing-allow-origin|trailer|transfer-encoding|upgrade|use-as-dictionary|via|www-authenticate|x-content-type-options|x-definition-warning|x-dns-prefetch-control|x-error-detail|x-frame-options|x-lighttpd-.*|x-message-id|x-permitted-cross-domain-policies|x-powered-by|x-reproxy-.*|x-sendfile|x-sourcemap|x-ua-compatible|x-xss-protection)$/;

/** Returns whether a definition may let this response header pass. Servers and proxies may read `_` and `.` as `-`. */
export const isAddable = (name: string): boolean => !reserved.test(name.replaceAll(/[^a-z0-9]/g, '-'));

/** Returns the headers of a back end's response that clients get. `more` are those that the definition of the API names. */
export function passedHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  more: ReadonlySet<string>,
): Headers {
  const passed: Headers = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && (allowed.has(name) || (more.has(name) && isAddable(name))))
      passed[name] = value;
  return passed;
}
