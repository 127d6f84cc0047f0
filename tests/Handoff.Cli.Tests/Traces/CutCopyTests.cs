using Handoff.Reports.Dump;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Selection;
using Handoff.Tracing.Writing;

namespace Handoff.Cli.Tests.Traces;

/// <summary>Copies of a recording that was cut, binary or text, redacted or not, say as it does where each CPU's events end.</summary>
public sealed class CutCopyTests
{
    private static readonly string Bundle = Path.Combine(TraceFiles.Shipped, "arm64-nc-small");
    private static readonly byte[] Whole = File.ReadAllBytes(Path.Combine(Bundle, "trace.dat"));
    private static readonly MachineFacts Facts = MachineFacts.Read(Bundle);

    public static TheoryData<int, string> Copies
    {
        get
        {
            var data = new TheoryData<int, string>();
            foreach (int percent in (int[])[99, 93, 87, 75])
            {
                foreach (string way in (string[])["binary", "encoded", "text", "text and binary", "redacted", "twice"])
                    data.Add(percent, way);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Copies))]
    public void A_copy_knows_what_is_missing(int percent, string way)
    {
        byte[] original = Whole[..(int)((long)Whole.Length * percent / 100)];
        byte[] copy = way switch
        {
            "binary" => Copy(original),
            "encoded" => Copy(original, encode: true),
            "text" => Text(original),
            "text and binary" => Copy(Text(original)),
            "redacted" => Redacted(original),
            _ => Copy(Copy(original)),
        };
        var (notes, events) = Notes(original);
        Assert.Contains(notes, static note => note.ToEnd);
        var (copied, copiedEvents) = Notes(copy);
        Assert.Equal(notes, copied);
        Assert.Equal(events, copiedEvents);
        TraceAnalysis before = Analyze(original), after = Analyze(copy);
        Assert.NotNull(before.PartialFrom);
        Assert.Equal(before.PartialFrom, after.PartialFrom);
        Assert.Equal((before.Gaps, before.Events), (after.Gaps, after.Events));
        Assert.Equal(before.Statistics.Devices.Select(static d => (d.Live.Peak, d.Live.Current, d.Slots.Peak)), after.Statistics.Devices.Select(static d => (d.Live.Peak, d.Live.Current, d.Slots.Peak)));
        Assert.Equal(ReplayedEvents(original), ReplayedEvents(copy));
    }

    [Theory]
    [InlineData(97)]
    [InlineData(80)]
    public void A_part_behind_the_cut_knows_it_too(int percent)
    {
        byte[] original = Whole[..(int)((long)Whole.Length * percent / 100)];
        ulong from = Analyze(original).PartialFrom!.Value;
        using RecordingReader reader = Recording.Open(new MemoryStream(original));
        using var copy = new RecordingCopy(reader);
        var selector = new EventSelector(reader, new EventFilter { From = from + 1_000_000, KeepMarkers = true });
        DmaEvent e = default;
        while (reader.Read(ref e))
        {
            if (selector.Accepts(e))
                copy.Add(e);
        }

        Assert.True(copy.Events > 0);
        using var made = new MemoryStream();
        copy.WriteTo(made);
        TraceAnalysis part = Analyze(made.ToArray());
        Assert.True(part.PartialFrom <= part.Start);
        Assert.All(part.Statistics.Devices, static d => Assert.Equal(0, d.Live.Peak));
    }

    private static byte[] Copy(byte[] bytes, bool encode = false)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
        DmaEvent e = default;
        bool more = reader.Read(ref e);
        using var copy = new RecordingCopy(reader, encode);
        for (; more; more = reader.Read(ref e))
            copy.Add(e);
        using var made = new MemoryStream();
        copy.WriteTo(made);
        return made.ToArray();
    }

    private static byte[] Text(byte[] bytes)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
        using var made = new MemoryStream();
        DmaEvent e = default;
        bool more = reader.Read(ref e);
        var writer = new EventTextWriter(reader, made);
        for (; more; more = reader.Read(ref e))
            writer.Write(e);
        writer.Flush();
        return made.ToArray();
    }

    private static byte[] Redacted(byte[] bytes)
    {
        var redactor = new Redactor(Facts, new RedactionOptions(true, true, true), RedactionKey.From("a secret"));
        using (RecordingReader reader = Recording.Open(new MemoryStream(bytes)))
            redactor.Learn(reader, TestContext.Current.CancellationToken);
        using (RecordingReader reader = Recording.Open(new MemoryStream(bytes)))
            redactor.Survey(reader, TestContext.Current.CancellationToken);
        using RecordingReader last = Recording.Open(new MemoryStream(bytes));
        using RecordingCopy copy = redactor.Copy(last, TestContext.Current.CancellationToken);
        using var made = new MemoryStream();
        copy.WriteTo(made);
        return made.ToArray();
    }

    /// <summary>The notes, with the number of events in front of each.</summary>
    private static (List<(int Cpu, bool ToEnd, long Before)> Notes, long Events) Notes(byte[] bytes)
    {
        var notes = new List<(int, bool, long)>();
        using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
        DmaEvent e = default;
        long events = 0;
        while (reader.Read(ref e))
        {
            if (e.Kind == DmaEventKind.LostEvents)
                notes.Add((e.Cpu, e.IsLostToEnd, events));
            else
                events++;
        }

        return (notes, events);
    }

    private static TraceAnalysis Analyze(byte[] bytes)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
        return TraceAnalyzer.Analyze(reader, Facts, cancellation: TestContext.Current.CancellationToken);
    }

    private static (long, bool) ReplayedEvents(byte[] bytes)
    {
        RecordedLoad load = RecordedLoad.Open("cut", Facts, () => Recording.Open(new MemoryStream(bytes)), null, TestContext.Current.CancellationToken);
        foreach (LoadChunk chunk in load.Pass(TestContext.Current.CancellationToken))
            Assert.True(chunk.Count > 0);
        return (load.Counts.Operations, load.Counts.IsCut);
    }
}
