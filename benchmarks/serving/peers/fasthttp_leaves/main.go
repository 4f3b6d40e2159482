// A model server by hand: fasthttp, fastjson and leaves. Usage: fasthttp_leaves PORT, with the
// model in $MODEL_FOLDER and its features' names in $MODEL_FEATURES.
package main

import (
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/dmitryikh/leaves"
	"github.com/valyala/fasthttp"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: fasthttp_leaves PORT")
	}
	trees, err := leaves.LGEnsembleFromFile(filepath.Join(os.Getenv("MODEL_FOLDER"), "model.txt"), false)
	if err != nil {
		log.Fatal(err)
	}
	model := newModel(trees, strings.Split(os.Getenv("MODEL_FEATURES"), ","))
	server := fasthttp.Server{Handler: model.route, MaxRequestBodySize: 16 << 20}
	log.Fatal(server.ListenAndServe("127.0.0.1:" + os.Args[1]))
}
