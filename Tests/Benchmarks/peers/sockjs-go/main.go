// SPDX-License-Identifier: Apache-2.0

// The benchmarks' SockJS services on Debian's sockjs-go.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/igm/sockjs-go/v3/sockjs"
)

func echo(session sockjs.Session) {
	for {
		message, err := session.Recv()
		if err != nil || session.Send(message) != nil {
			return
		}
	}
}

func main() {
	host, port := os.Getenv("HOLDFAST_HOST"), os.Getenv("HOLDFAST_PORT")
	if host == "" {
		host = "127.0.0.1"
	}
	options := sockjs.DefaultOptions
	for _, prefix := range []string{"/cookie_needed_echo", "/disabled_websocket_echo"} {
		options.Websocket = prefix == "/cookie_needed_echo"
		http.Handle(prefix+"/", sockjs.NewHandler(prefix, options, echo))
	}
	http.HandleFunc("/plaintext", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Hello, World!") })
	fmt.Println("http://" + host + ":" + port)
	if err := http.ListenAndServe(host+":"+port, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
