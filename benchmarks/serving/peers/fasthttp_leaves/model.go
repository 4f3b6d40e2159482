package main

import (
	"errors"
	"math"
	"strconv"

	"github.com/dmitryikh/leaves"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fastjson"
)

// model answers both routes. Safe for concurrent use: leaves only reads, parsers come from a pool.
type model struct {
	trees   *leaves.Ensemble
	places  map[string]int
	parsers fastjson.ParserPool
}

func newModel(trees *leaves.Ensemble, names []string) *model {
	places := make(map[string]int, len(names))
	for place, name := range names {
		places[name] = place
	}
	return &model{trees: trees, places: places}
}

func (m *model) route(ctx *fasthttp.RequestCtx) {
	parser := m.parsers.Get()
	defer m.parsers.Put(parser)
	body, err := parser.ParseBytes(ctx.PostBody())
	var predictions []float64
	if err == nil {
		switch string(ctx.Path()) {
		case "/predict":
			predictions, err = m.predictOne(body.GetObject("data"))
		case "/predict/batch":
			predictions, err = m.predictMany(body.Get("dataframe_split"))
		default:
			ctx.SetStatusCode(fasthttp.StatusNotFound)
			return
		}
	}
	if err != nil {
		ctx.Error(err.Error(), fasthttp.StatusUnprocessableEntity)
		return
	}
	ctx.SetContentType("application/json")
	ctx.SetBody(render(predictions))
}

// asFloat32 rounds as the model's own library does. Null is missing.
func asFloat32(value *fastjson.Value) (float64, error) {
	if value.Type() == fastjson.TypeNull {
		return math.NaN(), nil
	}
	number, err := value.Float64()
	return float64(float32(number)), err
}

func (m *model) predictOne(features *fastjson.Object) ([]float64, error) {
	if features == nil {
		return nil, errors.New("data is missing")
	}
	row := make([]float64, len(m.places))
	for place := range row {
		row[place] = math.NaN()
	}
	var err error
	features.Visit(func(name []byte, value *fastjson.Value) {
		place, known := m.places[string(name)]
		if !known {
			err = errors.New("unknown feature " + string(name))
			return
		}
		number, failure := asFloat32(value)
		if failure != nil {
			err = failure
		}
		row[place] = number
	})
	if err != nil {
		return nil, err
	}
	return []float64{m.trees.PredictSingle(row, 0)}, nil
}

func (m *model) predictMany(frame *fastjson.Value) ([]float64, error) {
	columns, rows := frame.GetArray("columns"), frame.GetArray("data")
	width := len(m.places)
	if len(columns) != width {
		return nil, errors.New("columns differ from the model's features")
	}
	places := make([]int, width)
	for i, column := range columns {
		place, known := m.places[string(column.GetStringBytes())]
		if !known {
			return nil, errors.New("unknown column " + column.String())
		}
		places[i] = place
	}
	values := make([]float64, len(rows)*width)
	for i, row := range rows {
		cells := row.GetArray()
		if len(cells) != width {
			return nil, errors.New("a row's length differs from the columns'")
		}
		for j, cell := range cells {
			number, err := asFloat32(cell)
			if err != nil {
				return nil, err
			}
			values[i*width+places[j]] = number
		}
	}
	predictions := make([]float64, len(rows))
	return predictions, m.trees.PredictDense(values, len(rows), width, predictions, 0, 1)
}

func render(predictions []float64) []byte {
	text := append(make([]byte, 0, 32+20*len(predictions)), `{"predictions":[`...)
	for i, prediction := range predictions {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, prediction, 'g', -1, 32)
	}
	return append(text, "]}"...)
}
