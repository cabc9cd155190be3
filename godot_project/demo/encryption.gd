class_name DemoEncryption
extends RefCounted
## Encrypts the chat with a certificate that is made on the spot. Nobody has vouched for it, so clients take whichever they
## get: that keeps listeners out, but not somebody who answers in the server's place. docs/dtls.md has what a game does.

const KEY_BITS := 2048


static func of_server() -> Error:
	var crypto := Crypto.new()
	var key := crypto.generate_rsa(KEY_BITS)
	var certificate := crypto.generate_self_signed_certificate(key, "CN=ENet demo")
	return ENetServer.set_dtls(TLSOptions.server(key, certificate))


static func of_client() -> Error:
	return ENetClient.set_dtls(TLSOptions.client_unsafe())
