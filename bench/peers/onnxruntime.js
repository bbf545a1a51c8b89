// onnxruntime.js MODULE MODEL INPUTS: ONNX Runtime on one thread, one sample at a time.
//
// For every line on standard input it runs 1,024 different inputs through the model and answers with
// the seconds of one: "work only", since the weights are random ones of onnx_model.py.

const [module_path, model_path, inputs] = process.argv.slice(2);
const ort = require(module_path);
const COUNT = 1024;

async function main() {
    const session = await ort.InferenceSession.create(model_path, {
        intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3,
    });
    const feeds = Array.from({ length: COUNT }, (_, i) => ({
        x: new ort.Tensor("float32",
            Float32Array.from({ length: Number(inputs) }, (_, j) => Math.sin(i + 7 * j)),
            [1, Number(inputs)]),
    }));
    const output = session.outputNames[0];
    console.log("ONNX Runtime " + require(module_path + "/package.json").version);
    for await (const _ of require("readline").createInterface({ input: process.stdin })) {
        const start = process.hrtime.bigint();
        let sum = 0;
        for (const feed of feeds) sum += (await session.run(feed))[output].data[0];
        const seconds = Number(process.hrtime.bigint() - start) * 1e-9;
        console.log(`${seconds / COUNT} ${Number.isFinite(sum) ? "nan" : "overflow"}`);
    }
}

main();
