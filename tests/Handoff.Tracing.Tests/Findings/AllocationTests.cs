using System.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>Speed that can be counted: what is allocated does not grow with the number of events.</summary>
public sealed class AllocationTests
{
    private const int Few = 2_000, Many = 22_000;

    /// <summary>An event that allocated anything would allocate 24 bytes at least.</summary>
    private const double MostBytesPerEvent = 1;

    [Theory]
    [InlineData("direct", 2)]
    [InlineData("bounced", 3)]
    [InlineData("synced", 4)]
    [InlineData("list", 5)]
    public void Analysing_allocates_nothing_per_event(string what, int eventsPerRound)
    {
        Analyse(Load(what, Few)); // so that everything is compiled
        long few = Analyse(Load(what, Few)), many = Analyse(Load(what, Many));
        double perEvent = (double)(many - few) / ((Many - Few) * eventsPerRound);
        Assert.InRange(perEvent, double.MinValue, MostBytesPerEvent);
    }

    [Fact]
    public void Reading_allocates_nothing_per_event()
    {
        using RecordingReader reader = Recording.Open(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
        DmaEvent e = default;
        while (reader.Statistics.Events < 8_000)
            Assert.True(reader.Read(ref e));
        long before = GC.GetAllocatedBytesForCurrentThread(), first = reader.Statistics.Events;
        while (reader.Statistics.Events < 24_000)
            Assert.True(reader.Read(ref e));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange((double)allocated / (reader.Statistics.Events - first), 0, MostBytesPerEvent);
    }

    private static string Load(string what, int rounds)
    {
        const string device = "0000:00:03.0";
        ulong[] dma = [0xfc000000, 0xfc001000, 0xfc002000], physical = [0x140000000, 0x140001000, 0x140002000];
        var text = new TraceText();
        for (int round = 0; round < rounds; round++)
        {
            ulong place = (ulong)(round % 64) << 14;
            switch (what)
            {
                case "direct":
                    text.Map(device, 0x10000000 + place, 0x10000000 + place, 4096).Unmap(device, 0x10000000 + place, 4096);
                    break;
                case "bounced":
                    text.Bounced(device, 0xfc000000 + place, 0x140000000 + place, 4096).Unmap(device, 0xfc000000 + place, 4096);
                    break;
                case "synced":
                    text.Map(device, 0x10000000 + place, 0x10000000 + place, 4096).Sync(device, forCpu: true, 0x10000000 + place, 4096)
                        .Sync(device, forCpu: false, 0x10000000 + place, 4096).Unmap(device, 0x10000000 + place, 4096);
                    break;
                default:
                    foreach (ulong buffer in physical)
                        text.Bounce(device, buffer, 4096);
                    text.MapSg(device, dma, physical, [4096, 4096, 4096]).UnmapSg(device, physical);
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Bytes that the thread which works on the events allocated.</summary>
    private static long Analyse(string text)
    {
        using RecordingReader reader = Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        TraceAnalysis analysis = TraceAnalyzer.Analyze(reader, cancellation: TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Empty(analysis.Accusations);
        Assert.Equal(0, analysis.LiveAtEnd);
        return allocated;
    }
}
