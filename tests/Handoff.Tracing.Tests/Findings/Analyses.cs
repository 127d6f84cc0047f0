using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Analyses for tests.</summary>
internal static class Analyses
{
    /// <summary>Directories with a recording and facts about its machine.</summary>
    public static TheoryData<string> Bundles
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string directory in RecordingFiles.Roots.SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal))
            {
                if (TraceBundle.Find(directory) is not null && File.Exists(Path.Combine(directory, "machine.txt")))
                    data.Add(directory);
            }

            return data;
        }
    }

    public static TraceAnalysis OfBundle(string directory)
    {
        TraceBundle bundle = TraceBundle.Find(directory)!;
        using RecordingReader reader = Recording.Open(bundle.Path);
        return TraceAnalyzer.Analyze(reader, bundle.ReadFacts(), cancellation: TestContext.Current.CancellationToken);
    }

    public static TraceAnalysis OfBare(string directory)
    {
        using RecordingReader reader = Recording.Open(TraceBundle.Find(directory)!.Path);
        return TraceAnalyzer.Analyze(reader, cancellation: TestContext.Current.CancellationToken);
    }

    public static TraceAnalysis OfText(string text, MachineFacts? facts = null)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        return TraceAnalyzer.Analyze(reader, facts, cancellation: TestContext.Current.CancellationToken);
    }

    /// <summary>Findings as <c>id device count confidence</c>.</summary>
    public static string[] Lines(TraceAnalysis analysis) =>
        [.. TraceFindings.Find(analysis).Select(static f => $"{f.Id} {string.Join(',', f.Devices)} {f.Count} {f.Confidence}".Replace("  ", " ", StringComparison.Ordinal))];
}
