// SPDX-License-Identifier: Apache-2.0

// Runs sourcegraph/jsonrpc2 over a WebSocket, with typed results; prints `passed NAME`, or `failed NAME`, a tab and the problem, for each check.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	ws "github.com/gorilla/websocket"
	"github.com/sourcegraph/jsonrpc2"
	stream "github.com/sourcegraph/jsonrpc2/websocket"
)

// What our methods take.
type carried struct {
	Value interface{} `json:"value"`
}

type pair struct {
	Value     float64 `json:"value"`
	SessionID string  `json:"sessionId"`
}

type session struct {
	SessionID string `json:"sessionId"`
}

// Answers the server's calls, and hears its notifications.
type handler struct {
	said chan int
}

func (h handler) Handle(ctx context.Context, conn *jsonrpc2.Conn, request *jsonrpc2.Request) {
	switch {
	case request.Notif && request.Method == "said":
		var params struct{ Count int }
		if request.Params != nil && json.Unmarshal(*request.Params, &params) == nil {
			h.said <- params.Count
		}
	case !request.Notif && request.Method == "confirm":
		_ = conn.Reply(ctx, request.ID, request.Params)
	}
}

func check(name string, err error) {
	if err == nil {
		fmt.Println("passed", name)
	} else {
		fmt.Println("failed", name+"\t"+strings.ReplaceAll(err.Error(), "\n", " "))
	}
}

// Calls a method and wants a value of the very type that it gave.
func expect(ctx context.Context, conn *jsonrpc2.Conn, method string, params, wanted interface{}) error {
	result := reflect.New(reflect.TypeOf(wanted))
	if err := conn.Call(ctx, method, params, result.Interface()); err != nil {
		return err
	}
	if got := result.Elem().Interface(); !reflect.DeepEqual(got, wanted) {
		return fmt.Errorf("got %#v for %#v", got, wanted)
	}
	return nil
}

func dial(ctx context.Context, url string, protocols []string, said chan int) (*jsonrpc2.Conn, error) {
	dialer := ws.Dialer{HandshakeTimeout: 10 * time.Second, Subprotocols: protocols}
	socket, _, err := dialer.Dial(url, http.Header{})
	if err != nil {
		return nil, err
	}
	if len(protocols) > 0 && socket.Subprotocol() != protocols[0] {
		return nil, fmt.Errorf("the subprotocol is %q", socket.Subprotocol())
	}
	return jsonrpc2.NewConn(ctx, stream.NewObjectStream(socket), handler{said}), nil
}

func run(name, url string, protocols []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	said := make(chan int, 10)
	conn, err := dial(ctx, url, protocols, said)
	check(name+": connects", err)
	if err != nil {
		return
	}
	defer conn.Close()
	for _, one := range []struct {
		kind   string
		wanted interface{}
	}{
		{"a string", "text"}, {"an int", 7}, {"a float", 21.5}, {"true", true}, {"false", false}, {"a list", []int{1, 2, 3}},
		{"an empty list", []string{}}, {"a map", map[string]int{"a": 1}}, {"an empty map", map[string]int{}},
		{"an object with value and sessionId", pair{21.5, "room-7"}}, {"an object with a session id", session{"room-7"}},
		{"an object in an object", map[string]map[string]int{"value": {"value": 5}}},
	} {
		check(name+": "+one.kind, expect(ctx, conn, "value", carried{one.wanted}, one.wanted))
		check(name+": "+one.kind+", by position", expect(ctx, conn, "value", []interface{}{one.wanted}, one.wanted))
		check(name+": "+one.kind+", to the client and back", expect(ctx, conn, "ask", carried{one.wanted}, asCarried(one.wanted)))
	}
	var null *int
	check(name+": null", expect(ctx, conn, "value", carried{nil}, null))
	check(name+": no result", expect(ctx, conn, "void", nil, null))
	check(name+": parameters named like a session id", expect(ctx, conn, "echo", session{"room-7"}, session{"room-7"}))

	err = conn.Call(ctx, "fail", nil, nil)
	if failure, ok := err.(*jsonrpc2.Error); ok && failure.Code == 7 && failure.Message == "as asked" {
		err = nil
	} else {
		err = fmt.Errorf("got %v", err)
	}
	check(name+": an error", err)

	err = conn.Notify(ctx, "note", map[string]int{"count": 5})
	if err == nil {
		err = expect(ctx, conn, "notes", nil, []int{5})
	}
	check(name+": a notification of the client's", err)

	err = expect(ctx, conn, "say", map[string]int{"count": 3}, 3)
	for count := 1; err == nil && count <= 3; count++ {
		select {
		case got := <-said:
			if got != count {
				err = fmt.Errorf("%d came in the place of %d", got, count)
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	check(name+": notifications of the server's", err)
	comeBack(ctx, name, url, protocols, conn)
}

// The same value as a member of the same name, with its type.
func asCarried(value interface{}) interface{} {
	wanted := reflect.New(reflect.StructOf([]reflect.StructField{
		{Name: "Value", Type: reflect.TypeOf(value), Tag: `json:"value"`},
	})).Elem()
	wanted.Field(0).Set(reflect.ValueOf(value))
	return wanted.Interface()
}

// Goes to another connection and finds the session there.
func comeBack(ctx context.Context, name, url string, protocols []string, conn *jsonrpc2.Conn) {
	var first, again session
	err := conn.Call(ctx, "rpc.connect", nil, &first)
	if err == nil && len(first.SessionID) != 26 {
		err = fmt.Errorf("the session is called %q", first.SessionID)
	}
	check(name+": rpc.connect", err)
	other, err := dial(ctx, url, protocols, make(chan int, 10))
	if err == nil {
		defer other.Close()
		err = other.Call(ctx, "rpc.connect", first, &again)
	}
	if err == nil && again != first {
		err = fmt.Errorf("got %v for %v", again, first)
	}
	if err == nil {
		err = expect(ctx, other, "notes", nil, []int{5})
	}
	check(name+": comes back to its session", err)
	if err != nil {
		return
	}
	check(name+": rpc.ping", expect(ctx, other, "rpc.ping", nil, "pong"))
	err = other.Call(ctx, "rpc.connect", session{"unknown"}, nil)
	if failure, ok := err.(*jsonrpc2.Error); ok && failure.Code == 40007 {
		err = nil
	} else {
		err = fmt.Errorf("got %v", err)
	}
	check(name+": a session that is no more", err)
	check(name+": rpc.close", expect(ctx, other, "rpc.close", nil, "bye"))
}

func main() {
	for _, way := range os.Args[1:] {
		var protocols []string
		url := way
		if at := strings.Index(way, "#"); at >= 0 {
			url, protocols = way[:at], []string{way[at+1:]}
		}
		run("sourcegraph/jsonrpc2 "+way[strings.Index(way, "/rpc"):], url, protocols)
	}
}
