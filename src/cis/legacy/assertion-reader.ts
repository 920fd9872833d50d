import type { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { parseXml } from './xml.ts';

const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:1.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:1.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
};

/** Maximum number of characters. A person may have many roles, each with many activities. */
const longest = 4_194_304;

const allowed = {
  CanonicalizationAlgorithms: [
    'http://www.w3.org/2001/10/xml-exc-c14n#',
    'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  ],
  HashAlgorithms: ['http://www.w3.org/2001/04/xmlenc#sha256'],
  SignatureAlgorithms: ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
};

export interface RoleAssertion {
  issuer: string;
  notBefore: string;
  notOnOrAfter: string;
  /** In document order. */
  attributes: { name: string; values: string[] }[];
}

const childrenOf = (parent: Node, namespace: string, name: string): Element[] =>
  Array.from(parent.childNodes).filter(
    (node) =>
      (node as Node as Element).namespaceURI === namespace && (node as Node as Element).localName === name,
  ) as Node[] as Element[];

/** Returns the child with this name. Throws unless there is exactly one. */
function only(parent: Node, namespace: string, name: string): Element {
  const [found, ...more] = childrenOf(parent, namespace, name);
  if (!found || more.length > 0) throw new Error(`the number of ${name} elements is not one`);
  return found;
}

/** Returns the text of an element. Throws if it has other children. */
function textOf(element: Element): string {
  for (const child of Array.from(element.childNodes))
    if (child.nodeType !== 3) throw new Error(`${element.localName} contains more than text`);
  return element.textContent ?? '';
}

/** Returns the signed bytes, parsed again. Callers read only these, and nothing else of the document. */
function signedPart(xml: string, certificate: X509Certificate): Element {
  const document = parseXml(xml, undefined, longest);
  const root = document.documentElement;
  if (root.namespaceURI !== namespaces.protocol || root.localName !== 'Response')
    throw new Error('the root is not a response');
  if (document.getElementsByTagNameNS(namespaces.signature, 'Signature').length !== 1)
    throw new Error('the number of signatures is not one');
  const outer = only(root, namespaces.assertion, 'Assertion');
  const signature = only(outer, namespaces.signature, 'Signature');
  if (childrenOf(signature, namespaces.signature, 'Object').length > 0)
    throw new Error('the signature contains an object');
  // Ignores the certificate in the document.
  const reader = new SignedXml({
    idAttribute: 'AssertionID',
    publicCert: certificate.toString(),
    getCertFromKeyInfo: () => null,
  });
  // The library searches the whole document for each name.
  reader.idAttributes = ['AssertionID'];
  for (const [kind, names] of Object.entries(allowed) as [keyof typeof allowed, string[]][]) {
    const known = reader[kind] as Record<string, unknown>;
    for (const name of Object.keys(known)) if (!names.includes(name)) delete known[name];
  }
  reader.loadSignature(signature);
  if (!reader.checkSignature(xml)) throw new Error('the signature is invalid');
  const [covered, ...more] = reader.getSignedReferences();
  if (covered === undefined || more.length > 0) throw new Error('the number of signed references is not one');
  const part = parseXml(covered, undefined, longest).documentElement;
  if (part.namespaceURI !== namespaces.assertion || part.localName !== 'Assertion')
    throw new Error('the signed element is not an assertion');
  if (part.getAttribute('AssertionID') !== outer.getAttribute('AssertionID'))
    throw new Error('another assertion is signed');
  return part;
}

/** Reads a role assertion that the key of this certificate signed, from the signed bytes only. Throws otherwise. */
export function readRoleAssertion(xml: string, certificate: X509Certificate): RoleAssertion {
  const part = signedPart(xml, certificate);
  const conditions = only(part, namespaces.assertion, 'Conditions');
  const statement = only(part, namespaces.assertion, 'AttributeStatement');
  return {
    issuer: part.getAttribute('Issuer') ?? '',
    notBefore: conditions.getAttribute('NotBefore') ?? '',
    notOnOrAfter: conditions.getAttribute('NotOnOrAfter') ?? '',
    attributes: childrenOf(statement, namespaces.assertion, 'Attribute').map((attribute) => ({
      name: attribute.getAttribute('AttributeName') ?? '',
      values: childrenOf(attribute, namespaces.assertion, 'AttributeValue').map(textOf),
    })),
  };
}
