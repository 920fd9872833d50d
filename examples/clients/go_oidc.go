// Signs in with go-oidc and x/oauth2: `combined`, `openid` at /oauth2.1, or `separate` at CIS2. It prints the address to open, and
// reads the address at which the browser ends.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	api := os.Getenv("ALONGSIDE_API_URL")
	pattern := os.Args[len(os.Args)-1]
	config := oauth2.Config{
		ClientID:     os.Getenv("API_KEY"),
		ClientSecret: os.Getenv("API_SECRET"),
		Endpoint: oauth2.Endpoint{
			AuthURL:   api + "/oauth2/authorize",
			TokenURL:  api + "/oauth2/token",
			AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: os.Getenv("CALLBACK_URL"),
	}
	var verifier *oidc.IDTokenVerifier
	if pattern != "combined" {
		issuer := api + "/oauth2.1"
		config.Scopes = []string{oidc.ScopeOpenID, "profile", "email"}
		if pattern == "separate" {
			issuer = os.Getenv("ALONGSIDE_CIS2_ISSUER_URL")
			config.ClientID, config.ClientSecret = os.Getenv("CIS2_CLIENT_ID"), os.Getenv("CIS2_CLIENT_SECRET")
			config.Scopes = []string{oidc.ScopeOpenID, "profile", "nationalrbacaccess"}
		}
		provider, err := oidc.NewProvider(ctx, issuer)
		check(err)
		config.Endpoint = provider.Endpoint()
		verifier = provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	}

	state, nonce, proof := oauth2.GenerateVerifier(), oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	fmt.Println(config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(proof)))
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	check(err)
	address, err := url.Parse(line[:len(line)-1])
	check(err)
	if address.Query().Get("state") != state {
		log.Fatal("another state")
	}
	tokens, err := config.Exchange(ctx, address.Query().Get("code"), oauth2.VerifierOption(proof))
	check(err)

	if verifier != nil {
		raw, _ := tokens.Extra("id_token").(string)
		idToken, err := verifier.Verify(ctx, raw)
		check(err)
		if idToken.Nonce != nonce {
			log.Fatal("another nonce")
		}
		fmt.Println("Signed in:", idToken.Subject)
	}
	if pattern == "combined" {
		response, err := config.Client(ctx, tokens).Get(api + "/hello-world/hello/user")
		check(err)
		body, err := io.ReadAll(response.Body)
		check(err)
		if response.StatusCode != http.StatusOK {
			log.Fatal(response.Status, string(body))
		}
		fmt.Println(string(body))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
