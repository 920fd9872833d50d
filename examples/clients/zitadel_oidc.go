// Signs in with zitadel/oidc: `openid` at /oauth2.1, `key` at CIS2 with an assertion instead of a secret, or `separate`, which also
// exchanges the ID token and calls an API. It prints the address to open, and ends after the callback.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

func main() {
	ctx := context.Background()
	api := os.Getenv("ALONGSIDE_API_URL")
	pattern := os.Args[len(os.Args)-1]
	issuer, clientID, clientSecret := os.Getenv("ALONGSIDE_CIS2_ISSUER_URL"), os.Getenv("CIS2_CLIENT_ID"), os.Getenv("CIS2_CLIENT_SECRET")
	scopes := []string{"openid", "profile", "nationalrbacaccess"}
	if pattern == "openid" {
		issuer, clientID, clientSecret = api+"/oauth2.1", os.Getenv("API_KEY"), os.Getenv("API_SECRET")
		scopes = []string{"openid", "profile", "email"}
	}
	redirectURL := os.Getenv("CALLBACK_URL")
	hashKey, encryptKey := randomBytes(32), randomBytes(32)

	cookies := httphelper.NewCookieHandler(hashKey, encryptKey, httphelper.WithUnsecure()) // plain HTTP only
	options := []rp.Option{
		rp.WithCookieHandler(cookies),
		rp.WithPKCE(cookies),
		rp.WithVerifierOpts(rp.WithIssuedAtOffset(5 * time.Second)),
	}
	// This program ends at an error. A server shows a page instead.
	options = append(options,
		rp.WithErrorHandler(func(_ http.ResponseWriter, _ *http.Request, code, description, _ string) {
			log.Fatal(code, " ", description)
		}),
		rp.WithUnauthorizedHandler(func(_ http.ResponseWriter, _ *http.Request, reason, _ string) { log.Fatal(reason) }))
	if pattern == "key" {
		key, err := os.ReadFile(os.Getenv("KEY_FILE"))
		check(err)
		options = append(options, rp.WithJWTProfile(rp.SignerFromKeyAndKeyID(key, os.Getenv("KEY_ID"))))
	}
	provider, err := rp.NewRelyingPartyOIDC(ctx, issuer, clientID, clientSecret, redirectURL, scopes, options...)
	check(err)

	done := make(chan string)
	signedIn := func(w http.ResponseWriter, r *http.Request, tokens *oidc.Tokens[*oidc.IDTokenClaims], state string, _ rp.RelyingParty, info *oidc.UserInfo) {
		fmt.Fprintln(w, "You are signed in.")
		fmt.Println("Signed in:", info.Subject)
		done <- tokens.IDToken
	}
	address, err := url.Parse(redirectURL)
	check(err)
	newState := func() string { return fmt.Sprintf("%x", randomBytes(16)) }
	http.Handle("/sign-in", rp.AuthURLHandler(newState, provider))
	http.Handle(address.Path, rp.CodeExchangeHandler(rp.UserinfoCallback(signedIn), provider))
	listener, err := net.Listen("tcp", address.Host)
	check(err)
	go func() { log.Fatal(http.Serve(listener, nil)) }()
	fmt.Printf("http://%s/sign-in\n", address.Host)

	rawIDToken := <-done
	if pattern == "separate" {
		accessToken := exchange(api+"/oauth2/token", rawIDToken)
		request, err := http.NewRequest(http.MethodGet, api+"/hello-world/hello/user", nil)
		check(err)
		request.Header.Set("Authorization", "Bearer "+accessToken)
		response, err := http.DefaultClient.Do(request)
		fmt.Println(string(bodyOf(response, err)))
	}
}

// Exchanges the ID token of CIS2 for an access token of the API platform, with an assertion signed by RS512.
func exchange(tokenEndpoint, rawIDToken string) string {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.RS512, Key: privateKey()},
		(&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", os.Getenv("KEY_ID")))
	check(err)
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": os.Getenv("API_KEY"),
		"sub": os.Getenv("API_KEY"),
		"aud": tokenEndpoint,
		"jti": fmt.Sprintf("%x", randomBytes(16)),
		"exp": time.Now().Add(4 * time.Minute).Unix(),
	}).Serialize()
	check(err)
	response, err := http.PostForm(tokenEndpoint, url.Values{
		"grant_type":            {"urn:ietf:params:oauth:grant-type:token-exchange"},
		"subject_token_type":    {"urn:ietf:params:oauth:token-type:id_token"},
		"subject_token":         {rawIDToken},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion":      {assertion},
	})
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	check(json.Unmarshal(bodyOf(response, err), &tokens))
	return tokens.AccessToken
}

func privateKey() *rsa.PrivateKey {
	text, err := os.ReadFile(os.Getenv("KEY_FILE"))
	check(err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	check(err)
	return key.(*rsa.PrivateKey)
}

func bodyOf(response *http.Response, err error) []byte {
	check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode != http.StatusOK {
		log.Fatal(response.Status, string(body))
	}
	return body
}

func randomBytes(length int) []byte {
	bytes := make([]byte, length)
	_, err := rand.Read(bytes)
	check(err)
	return bytes
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
