using System.Buffers.Binary;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>
/// Of a recording that was cut, whole CPUs may be missing, with the releases of what others mapped. Nobody is accused of that: what is found in a part is
/// found in the whole recording.
/// </summary>
public sealed class CutFindingsTests
{
    private const int Cuts = 8;

    public static TheoryData<string> Bundles => Analyses.Bundles;

    [Theory]
    [MemberData(nameof(Bundles))]
    public void What_is_missing_accuses_nobody(string directory)
    {
        TraceBundle bundle = TraceBundle.Find(directory)!;
        MachineFacts facts = bundle.ReadFacts();
        byte[] bytes = Seven(bundle.Path);
        TraceAnalysis whole = Analyze(bytes, facts);
        Assert.Equal(0, whole.Gaps);
        Dictionary<string, (long Count, HashSet<string> Devices)> known = Accusations(whole).GroupBy(static f => f.Id).ToDictionary(static g => g.Key, static g => (g.Sum(static f => f.Count), g.SelectMany(static f => f.Devices).ToHashSet()));
        long start = Buffers(bytes);
        var random = new Random(bytes.Length);
        for (int i = 0; i < Cuts; i++)
        {
            int length = (int)(start + ((bytes.Length - start) * (i + random.NextDouble()) / Cuts));
            TraceAnalysis cut = Analyze(bytes[..length], facts);
            Assert.Equal(cut.PartialFrom is not null, cut.Gaps > 0);
            Assert.True(cut.PartialFrom is not null || cut.Events is 0 || cut.Events == whole.Events);
            Assert.True(Slots(cut) <= Slots(whole));
            Assert.True(Failures(cut) <= Failures(whole));
            Assert.True(cut.Statistics.Devices.Sum(static d => d.Live.Peak) <= whole.Statistics.Devices.Sum(static d => d.Live.Peak) + 8); // releases are logged late
            if (i % 4 == 2)
                cut = Analyze(Seven(new MemoryStream(bytes[..length])), facts); // nor is anybody by a copy, which is a whole file
            foreach (TraceFinding finding in Accusations(cut))
            {
                Assert.True(known.TryGetValue(finding.Id, out var found), $"cut at {length}: {finding.Title}");
                Assert.True(finding.Count <= found.Count && found.Devices.IsSupersetOf(finding.Devices), $"cut at {length}: {finding.Title}");
            }
        }
    }

    private static IEnumerable<TraceFinding> Accusations(TraceAnalysis analysis) =>
        TraceFindings.Find(analysis).Where(static f => f.Kind is TraceFindingKind.Ownership or TraceFindingKind.Leak or TraceFindingKind.PoolLeak or TraceFindingKind.Stranded);

    private static long Slots(TraceAnalysis analysis) => analysis.Statistics.Pools.Select(static p => p.Used.Peak).DefaultIfEmpty(0).Max();

    private static long Failures(TraceAnalysis analysis) => analysis.Statistics.Devices.Sum(static d => d.FailedMaps + d.FailedLists + d.FailedAllocations);

    private static TraceAnalysis Analyze(byte[] bytes, MachineFacts facts)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
        return TraceAnalyzer.Analyze(reader, facts, cancellation: TestContext.Current.CancellationToken);
    }

    /// <summary>Where the buffers' sections begin: behind that of the tasks' names.</summary>
    private static long Buffers(byte[] bytes)
    {
        bool isBig = bytes[12] == 1;
        for (long at = bytes.AsSpan(19).IndexOf((byte)0) is var end ? 19 + end + 1 + bytes.AsSpan(19 + end + 1).IndexOf((byte)0) + 1 + 8 : 0; ; at += 16 + (isBig ? BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan((int)at + 8)) : BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((int)at + 8))))
        {
            if (bytes[at + (isBig ? 1 : 0)] == 3)
                return at + 16;
        }
    }

    /// <summary>The recording as trace.dat of version 7.</summary>
    private static byte[] Seven(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().StartsWith("\x17\x08\x44tracing7"u8) ? bytes : Seven(new MemoryStream(bytes));
    }

    private static byte[] Seven(Stream recording)
    {
        using RecordingReader reader = Recording.Open(recording);
        using var copy = new RecordingCopy(reader);
        DmaEvent e = default;
        while (reader.Read(ref e))
            copy.Add(e);
        using var made = new MemoryStream();
        copy.WriteTo(made);
        return made.ToArray();
    }
}
