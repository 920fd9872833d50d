import { createPublicKey } from 'node:crypto';
import type { JsonWebKey } from '@alongside/kernel/jws';

/** The kid of the demo key in the seeded applications. */
export const demoKeyId = 'demo-1';

/**
 * FOR DEVELOPMENT ONLY, and public: the private key with which the sample and the examples sign client assertions. Only
 * seeded applications have its public key, and only development is seeded.
 */
export const demoPrivateKeyPem = `
-----BEGIN PRIVATE KEY-----
MIIEvwIBADANBgkqhkiG9w0BAQEFAASCBKkwggSlAgEAAoIBAQCjGidKxDXuuddA
8B0t50JvH5mi3xZNZZJWFOf/RGGRmgGXOD/gQ5UAuvTh0VfsMYtGXKAdfpS33jJp
rXINJALHF8uUsOEa+mFvpDzGvKZUaqamgj0JEZ7Xv6bRQqjqG/cBXihr4wK/w706
Gylr2iJdS20ZGHxgOT9bEqJEgcBGVi5U2kilwYvY5Oay8juVAf+K8W+l+EqRoNZD
bMPCTqRKDBsLewUWVlq3CFuLosbF0U0pGk4+SR89QqJ7w6gqZCHGbHalGGNAfURd
MQ9u0VM5Yw5yvDxGqvPZ1+Jt0r0e09lPt0vqJg/xVCqadf768YlpcjnPlyRzgUOy
8eoSk+K9AgMBAAECggEAD5XjtE7MkovaqF9pgmXrYMAFx90Gfg3bLnOf+bIYmre7
OC6NWApNNj0nQl7lRnIzi101hav/XRST/6ot0FilFU5OS16dnBzZ67engRwszrtE
QnwGhhPTeG1dbPiwOHLEpzJOrYSLUjTLo75NtnspNn4LJk9DL1S5G6RLsj0t2Oqj
NUNc6qgDLTNRFqV3LKqMnlTRZsYjMsqZkkAspdaZsLXzBkB3z+2OTRhL+HrGEQFe
lfCtVSF4nqMiJvjVIgnPV98yyo29KPwN1M1mL3WiCVRIeDJpttSlRN+4nAjSiTYv
TCE5PLrdpJs/dVoOf5iswgESRLnDXHsM7FzwYuD6gQKBgQDX4Ji64Jn8x1hpGdlE
yfsUo27Oyf9qhpavGlY6M6C2QWC/WPCCw2BirH9v11vDmZVki4A3PP8avILB4TXL
hb/eX6qDc7o9gV7mrmUylgCo67Ydia4llvp25Z/KobpbYHx+AGQn/xFl05o/B5OW
CR3Fi9mObU4xjC5rQ3pZjiQ1wQKBgQDBaoYuVs5988oqAOfV8ShDOgaNqcWn5lbY
nnr1ebLf+r6fZ212ZFGrfY/tvKCDb/OSJT7hHWvf/oWDB3RUQhYnqHe6liwajqYR
nUAKBe6BrAeoeZW57HCxiwT0d86dOFAZtTaCska0Zevz2Pg0REq/R6l1k3XPJUc4
MjywjYmD/QKBgQCRPcXkLYrM/F3qUH7SfkZUa2T48gTLagPliYWsIOIm3TO3aaJf
iA3INaCD4dQWdLWDcSvxfjNwjJY41Un5RWKCvcCeMnWCPhFYiMsDTtLg072yf9hP
6BVZe0KX9VnJctAvghngowbUiJqFf5Z3YmjKaT4VSktKoLL2be7aY/zOwQKBgQC5
vu1hryfbObbao8gBY/mApkcI4RPa7JBWs8vt1pP8GbfbKd6rpifwg0Mn0tBrqaXG
olJCqpigorPhY9VJ3bWdHGLvI6zzTC8cF2IavhuRGH66QxmRVgnb12BIzo3z2tLB
/Y998GuKb58rrSCgQT1veQi6y4SGDIza4RP7kdGQmQKBgQCHW0DxV16le+zFZStR
UfiSXXp3CuwGLIZm7/7RrwgT2EzAGO5Ja1FyaKR0Een+IttbD9D02PH8vwh/gsjl
qGraJRtACs5X40/XloVPHlQtoucxWAJscC5fAh6mFla6lsmBUJdWqO+Cg5qFKDk+
wfWZe3c6mJAKYoYq5pUzt9aQUw==
-----END PRIVATE KEY-----
`.trimStart();

/** The kid of the key of `demo-prescriber`: the signing service requires RSA of 4096 bits. */
export const demoSigningKeyId = 'demo-prescriber-1';

/** FOR DEVELOPMENT ONLY, and public: the private key with which `demo-prescriber` signs its requests for signatures. */
export const demoSigningKeyPem = `
-----BEGIN PRIVATE KEY-----
MIIJQgIBADANBgkqhkiG9w0BAQEFAASCCSwwggkoAgEAAoICAQCtl40rdMtUSZqr
EcXKxzKSM4u6QzIptRjI+YVFnmPIr9cO6wO7uYzkg96f9dxucShuGSsWB8MGVzs6
D1FVHS90KEI3ZJSsprAX30ttORSui/Hw5RNcZRB7Gr0rJSQbVpKLoSIkf6zM8OXM
CPOeX5RFoBpnFD2u+tReIABTM5J8LFXN/wMrFROsGCadUd8bW08dNlobGPaHMiJi
fY0gF5oMhG/B6MVLWQVYDxWJHt8BY2iZvS/o9DYUVFWZ37t4NbIht9aNMbNxKMeo
kC3mZJT4OrO2oYC1TU9IiRMBw+PzkG/y+mb1GA7fpWV3nZVEBV7gLiIAtNsvBVPl
MOX1Z8LvV7HjTzTvGLMT3uTXbHwFa0xLBo+xz2JRTimRgS4CcfJtMDP5pC1NWL4S
+xjeFNKJA2G80JBbl6F4wJp7TgA50xKYZVn4hfRQciTJ7n3XeZT3i50VMP/Ua4fM
pjcEpuvkpIkMrPUVX6166OAQkVbto1Hln4F/oc6Kd4YOlGN68zOBg7a2gDvkmDnD
65ew2ZU+Pbo87VxMwhlKn4ZlsuWndlJNwgUJnmGh9OtkZEuQLiireGjp8KcCFA8x
k/otTIR/Kop5DGAOvWzRuh14bPfc2J7dv7xpkwYpa1UEbqD0IkVRH00B8dFjvd7g
7GphOCvnDFshH/4kLvsIUubd4mLruwIDAQABAoICADCMQGJlZRIbDaMHMupdoFKM
EOlULpzEdXyLcA7C18RCDSKyblZbc8Ba8vGIiI/onLaB2m9sV0oYLku0CfqEUYeq
VK56Niw85+WdQNJ4ksSoBc9puWrvJtdO6JW+6uSsZwqe01Yi0Nh2DMZtwHhL4cNB
HfEzE3cy1h7G02BxfWe13H9icOflGp3YGUCJK5zSggM49qU6a4Pu7Pffhg7yGtai
WUEBUOAcMuboPQ0esZ6JRzEr3FDJr7Aqz8/bZuodFkbgy6OsQTOGBKSrQfL7sT/k
5urOKxlJWEGAeGzXdJJjFDP/fLjR9CLu9jwoOZ0O5XRL4p2Q9vWlB0wDS2TBEp53
fGhLkg+bsUrDrlFzM63ne1MtKbd+vCbi+hHuLWMlDp1+oSZub4d7x84FN0XgKgyk
v7OOaKIAXs5c04FhtyGaXjN4Ss200jWayxKWdeFq5NycKt1NGua3lNoXosh4bx7s
ay5pY59qkAqy7Cyi0UDau4T5SeRH/mEMGigyOAn45Zch/C/ETO4jqGXlvmf6Bp7b
/6GB42DM0OJV5uMiGgTyDIfHaGwpRA3dWNJLA2UeJB+nZdcHt+OSVRf0YlbHMqvD
lydrIdxhYyBDUza4WXHnML1osYldFfqq/Ol0djc/SXVSu6O/+FMOzav9sQctQFP4
79MczpA0aP4rqTTFI8fFAoIBAQDuMe1SNYMFi7g+QWwyauDH+Xnsj040JaJefwp8
zHnD46wmWFb2r//Mm8dJ89KNtFLB10h1nPkFuilKbfxdFXU+78gcr21ScsAXRlaN
rx75Y4MxLHZWjekIMhALTimme732UbCvkkmaUoWBB927m/GK3yo4HvZKyV7rcbx3
sFKHG+oEYS+oKYem6Tqj63psuGgIWNrq3tQGxq0arHVBZ4C2M4RKA5/V7uHp8FAT
VENdBRs25Bamn4HwvfmZabe/lUsrej4NfT/bonLNPlUiZTOVTiwNegHR61A4QJhP
csLak9Mvj5JsZPd2i8U5fo5oQEkgjTWDTp8CvgdNSj9tHzetAoIBAQC6kWNfpqLr
wqPjRni0e1I5nZpEG4S1qUGwY0ZBElBSkzZf4XHsbwlTodO59DiSwsVFLKx14IfJ
Kv4mJmAR+j8Ht+HQHEXNhmBtEqe786GMchMB9RKy29mg+ox1voo9WSmyaXZk3orK
2FUlJwBZoeBHn+KwimXyxkZSoswVXRwMT3XtB2k2aUaJrv1N9CmDbraJNJUk0QAi
m8RbqmMSwd8Kksm4lmwuyKW5DYkD+bxL7eIKkIRaILUesRfjoDgSpraYFypECo8W
/CXyP9cHY0YF9Gy0p9I5uMtYKztV8aQpRQb1zy5syocCoVIxvoIj2ZT6c7KhawgD
FLF0dxNmzr4HAoIBAHccOFSXtcEcMTHQfU5o66aUNkf5EV46Q4uFc7Ucevdd7kPu
gO4y7HNgorN0XaHGvmt4QB+wM0aN5P/3J+9UP6ENPsA5aS2FfFEnNzj6jT6gaIY6
eaKmrBURE7zThThfQIrgJr5lJLEq+t+fE14xiQOsvOv7b6XONMz/vwMLBPnTF57B
CpfIzLDGiDBYHIwpWrxx0mcIrnYE+6MPAkOGgnKaKFjqnw7XudjF9wTzagwl9Ynp
XPpNYSkFlr8EgoInIcPICSetrjUics33kZL1kGnlAVpr3GUgiqjWhFOWS6IJsd1i
qhHSG30IP8OUaZnwK6E/e7cBpbo1VGlt63Gh3rECggEAW7PcyYYprIKGdc8Mw4Ge
P+2khveTuosQW7fgL1nmG0B6yJQSoClPx0jSviM5r4GG32J+/o23kHzOYUgZjpyX
YJ7UoqtS8Butx88UnUC6VkM37o1cfIetp/+fDLz0TAVIhoZqCFiOlffRmipadLQp
fmsrTKUqSTOGG1YjxBh5Ed/40eIDqBgE8OYPYcKyqQTBOh2bdXY5f8lascfFXNHo
ZNUTy+Q8Fp7PPm9VupuFHzk1EwZH19kdzZE0cdEt3pUNSSKRxtH91UlpCXKxqdL0
9zZWPFIE9hRL9vGA/9R/YT2plycX5aeCxxsuQH8ojqCDJru5wLfQP1trghiJc84I
/wKCAQEAko1EwC17OCiKLGXeyZ66FtaSXBb5iZxiT4npFfgipIihuZBpBMqYHzX+
gsw6ruMd0KdHlu5tbdBhdFGT4vVUiege5owFXP/1XL5RVgaF3cY8PZiENt9GsSor
arzD2la2PS4qO26TOW0jX+QckWhO2V+AOQO/TwaCHmaRredCFM8dubBq/LeDsV/2
y0DM4+IVBD9MnOLaf9dwec7bPZFphaHdaQpnSaVp/z/ahXH4jE+9FXDQY2Ulocy7
LvrQctQQFSLVGV1s+/oynkOIz6Di4PXLAyhGl85fe6KGCnGyMNYO7jPNHBjNPTHA
Ndq5oV7g7au8whmABy1FLQ0PKOjLFw==
-----END PRIVATE KEY-----
`.trimStart();

const keySet = (pem: string, kid: string): { keys: JsonWebKey[] } => {
  const { kty, n, e } = createPublicKey(pem).export({ format: 'jwk' });
  return { keys: [{ kty, n, e, kid, use: 'sig', alg: 'RS512' }] };
};

/** Returns the public key, as registered by the seeded applications. */
export const demoKeySet = () => keySet(demoPrivateKeyPem, demoKeyId);

/** Returns the public key of `demo-prescriber`. */
export const demoSigningKeySet = () => keySet(demoSigningKeyPem, demoSigningKeyId);
