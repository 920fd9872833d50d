import type { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { parseXml } from './xml.ts';

// How a signed role assertion is to be read: only out of the bytes that the signature covers. CIS reads its own with it before
// it gives them out.

const namespaces = {
  protocol: 'urn:oasis:names:tc:SAML:1.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:1.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
};

/** Characters: a person may have many roles, each with many activities. */
const longest = 4_194_304;

const taken = {
  CanonicalizationAlgorithms: [
    'http://www.w3.org/2001/10/xml-exc-c14n#',
    'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  ],
  HashAlgorithms: ['http://www.w3.org/2001/04/xmlenc#sha256'],
  SignatureAlgorithms: ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'],
};

/** What a role assertion says. */
export interface RoleAssertion {
  issuer: string;
  notBefore: string;
  notOnOrAfter: string;
  /** In the order of the document. */
  attributes: { name: string; values: string[] }[];
}

const childrenOf = (parent: Node, namespace: string, name: string): Element[] =>
  Array.from(parent.childNodes).filter(
    (node) =>
      (node as Node as Element).namespaceURI === namespace && (node as Node as Element).localName === name,
  ) as Node[] as Element[];

/** The one child of this name. */
function only(parent: Node, namespace: string, name: string): Element {
  const [found, ...more] = childrenOf(parent, namespace, name);
  if (!found || more.length > 0) throw new Error(`there is not one ${name}`);
  return found;
}

/** The text of an element that holds nothing else. */
function textOf(element: Element): string {
  for (const child of Array.from(element.childNodes))
    if (child.nodeType !== 3) throw new Error(`${element.localName} holds more than text`);
  return element.textContent ?? '';
}

/** The assertion as the signature covers it: canonical, and parsed again. Nothing else of the document is looked at afterwards. */
function signedPart(xml: string, certificate: X509Certificate): Element {
  const document = parseXml(xml, undefined, longest);
  const root = document.documentElement;
  if (root.namespaceURI !== namespaces.protocol || root.localName !== 'Response')
    throw new Error('it is no response');
  if (document.getElementsByTagNameNS(namespaces.signature, 'Signature').length !== 1)
    throw new Error('there is not one signature');
  const outer = only(root, namespaces.assertion, 'Assertion');
  const signature = only(outer, namespaces.signature, 'Signature');
  if (childrenOf(signature, namespaces.signature, 'Object').length > 0)
    throw new Error('the signature holds an object');
  // The key is the one that is known, whatever the document brings along.
  const reader = new SignedXml({
    idAttribute: 'AssertionID',
    publicCert: certificate.toString(),
    getCertFromKeyInfo: () => null,
  });
  // Each name that an id may have is another walk through the whole document.
  reader.idAttributes = ['AssertionID'];
  for (const [kind, names] of Object.entries(taken) as [keyof typeof taken, string[]][]) {
    const known = reader[kind] as Record<string, unknown>;
    for (const name of Object.keys(known)) if (!names.includes(name)) delete known[name];
  }
  reader.loadSignature(signature);
  if (!reader.checkSignature(xml)) throw new Error('the signature does not hold');
  const [covered, ...more] = reader.getSignedReferences();
  if (covered === undefined || more.length > 0) throw new Error('there is not one signed reference');
  const part = parseXml(covered, undefined, longest).documentElement;
  if (part.namespaceURI !== namespaces.assertion || part.localName !== 'Assertion')
    throw new Error('what is signed is no assertion');
  if (part.getAttribute('AssertionID') !== outer.getAttribute('AssertionID'))
    throw new Error('another assertion is signed');
  return part;
}

/** Reads a role assertion that this certificate's key signed. Throws for everything else. */
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
