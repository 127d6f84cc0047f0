using System.Text;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>Events that another thread reads are those that the reader gives, in its order.</summary>
public sealed class ReadAheadTests
{
    [Theory]
    [InlineData(1, "arm64-nc-small", "trace.dat")]
    [InlineData(2, "arm64-nc-small", "trace.dat")]
    [InlineData(2, "arm64-misuse-nc", "trace.txt.zst")]
    public void Events_and_lists_are_the_same(int processors, string recording, string file)
    {
        string path = Path.Combine(RecordingFiles.Shipped, recording, file);
        using RecordingReader direct = Recording.Open(path), read = Recording.Open(path);
        List<string> expected = EventText.All(direct, microseconds: false), actual = [];
        using var ahead = new ReadAhead(read, processors: processors);
        int batches = 0;
        for (double progress = 0; ahead.Take() is { } batch; batches++)
        {
            Assert.InRange(batch.Progress, batch.Progress < 0 ? -1 : progress, 1);
            progress = batch.Progress;
            for (int i = 0; i < batch.Count; i++)
                actual.Add(EventText.Of(read, batch.Show(i), microseconds: false));
        }

        Assert.Equal(expected, actual);
        Assert.InRange(batches, 10, int.MaxValue);
        Assert.False(ahead.IsInterrupted);
        Assert.Null(ahead.Take());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void It_can_be_interrupted(int processors)
    {
        using RecordingReader reader = Recording.Open(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
        using var cancellation = new CancellationTokenSource();
        using var ahead = new ReadAhead(reader, processors, cancellation.Token);
        long taken = ahead.Take()!.Count;
        cancellation.Cancel();
        while (ahead.Take() is { } batch)
            taken += batch.Count;
        Assert.True(ahead.IsInterrupted);
        Assert.InRange(taken, 1, 10_000);
        Assert.Equal(reader.Statistics.Events, taken);
    }

    /// <summary>Whoever works on the events may go before the end.</summary>
    [Fact]
    public void It_can_be_left()
    {
        using RecordingReader reader = Recording.Open(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
        using (var ahead = new ReadAhead(reader, processors: 2))
            Assert.NotNull(ahead.Take());
        Assert.InRange(reader.Statistics.Events, 1, 10_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_problem_while_reading_reaches_the_caller(int processors)
    {
        using RecordingReader reader = Recording.Open(new FailingStream(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("# a comment\n", 400_000)))));
        using var ahead = new ReadAhead(reader, processors: processors);
        Exception? problem = Record.Exception(() =>
        {
            while (ahead.Take() is not null)
                Assert.NotEmpty(reader.Devices[0] + " ");
        });

        // Readers name damage themselves; whatever they do not expect is passed on.
        Assert.IsType<NotSupportedException>(problem);
    }

    [Fact]
    public void An_analysis_counts_every_event()
    {
        using RecordingReader reader = Recording.Open(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
        TraceAnalysis analysis = TraceAnalyzer.Analyze(reader, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal((32_032, false), (analysis.Events, analysis.IsInterrupted));
    }

    private sealed class FailingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) =>
            Position > 100_000 ? throw new NotSupportedException() : base.Read(buffer, offset, Math.Min(count, 4096));

        public override int Read(Span<byte> buffer) => Position > 100_000 ? throw new NotSupportedException() : base.Read(buffer[..Math.Min(buffer.Length, 4096)]);
    }
}
