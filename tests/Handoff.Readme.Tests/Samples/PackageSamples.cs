#pragma warning disable IDE0005 // what programs need, tests have from their project
#pragma warning disable xUnit1051 // pages show the shortest call
// sample: core-usings
using Handoff;
using Handoff.Kernels;
// end
// sample: litmus-usings
using Handoff.Litmus;
using Handoff.Litmus.Language;
// end
// sample: tracing-usings
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
// end

namespace Handoff.Readme.Tests.Samples;

/// <summary>The code of the packages' pages.</summary>
public sealed class PackageSamples
{
    [Fact]
    public void Check_a_test()
    {
        // sample: check-a-test
        const string text = """
            litmus "the driver looks at the frame before it owns it"
            device camera;
            buffer frame = pages(64K);
            dma = dma_map_single(camera, frame, DMA_FROM_DEVICE);
            if (dma_mapping_error(camera, dma)) return;
            camera.write(dma, 1);
            frame.read();
            dma_unmap_single(camera, dma, DMA_FROM_DEVICE);
            expect stale;
            """;

        ParseResult parsed = LitmusParser.Parse(text, "early-read.litmus");
        if (!parsed.Success)
            throw new InvalidDataException(DiagnosticWriter.Format(parsed)); // with places and hints

        CheckResult result = LitmusChecker.Check(parsed.Test!, KernelProfiles.Find("linux-6.12")!);
        foreach (VerdictResult verdict in result.Verdicts)
            Console.WriteLine($"{verdict.Verdict} {verdict.Frequency}"); // Stale Sometimes, Contract Always
        Console.WriteLine(result.AsExpected ? "as expected" : string.Join("; ", result.Mismatches));
        // end

        Assert.True(result.AsExpected);
        Assert.Equal([(Verdict.Stale, Frequency.Sometimes), (Verdict.Contract, Frequency.Always)], result.Verdicts.Select(each => (each.Verdict, each.Frequency)));
    }

    [Fact]
    public void Read_a_recording()
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(Lines);
        using var stream = new MemoryStream(bytes);

        // sample: read-a-recording
        using RecordingReader reader = Recording.Open(stream); // or the name of a file: trace.dat, perf.data, text; packed or not
        TraceAnalysis analysis = TraceAnalyzer.Analyze(reader);
        foreach (TraceFinding finding in TraceFindings.Find(analysis))
            Console.WriteLine($"{finding.Id} {finding.Confidence}: {finding.Title}");
        // end

        Assert.Contains(TraceFindings.Find(analysis), static finding => finding.Id == "DMA0005");
    }

    // As /sys/kernel/tracing/trace has it: mapped 1500 bytes, unmapped 1024.
    private const string Lines = """
                  nic-1       [000] .....     1.000001: dma_map_page: nic dir=TO_DEVICE dma_addr=1000 size=1500 phys_addr=1000 attrs=
                  nic-1       [000] .....     1.000002: dma_unmap_page: nic dir=TO_DEVICE dma_addr=1000 size=1024 attrs=

        """;
}
