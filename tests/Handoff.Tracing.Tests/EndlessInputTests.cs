using System.Formats.Tar;
using System.Text;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Tests;

/// <summary>Streams and archives without end: they end all the same, and whoever waits can end them sooner.</summary>
public sealed class EndlessInputTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-endless-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_stream_of_nothing_is_not_copied_for_ever()
    {
        using var endless = new Endless("y\n");
        TraceBundle bundle = TraceBundle.Receive(endless, "<stdin>", keep: true, out Stream? rest)!;
        using (rest)
            Assert.Null(rest);
        Assert.InRange(new FileInfo(bundle.Path).Length, RecordingProbe.LongestDoubt, RecordingProbe.LongestDoubt + (1 << 20));
        TemporaryDirectory.Remove(bundle.Directory);
    }

    [Fact]
    public void A_stream_of_events_goes_on_until_somebody_ends_it()
    {
        using var endless = new Endless("  init-1     [000] d..2. 1.000000: dma_map_page: nic dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=\n");
        long most = 0;
        Assert.Throws<OperationCanceledException>(() => TraceBundle.Receive(endless, "<stdin>", keep: true, out _, copied =>
        {
            most = copied;
            if (copied > RecordingProbe.LongestDoubt * 5 / 4)
                throw new OperationCanceledException();
        }));
        Assert.InRange(most, RecordingProbe.LongestDoubt, RecordingProbe.LongestDoubt * 3 / 2);
    }

    [Fact]
    public void What_is_no_recording_is_not_unpacked_whatever_it_is_called()
    {
        string archive = Path.Combine(_directory, "bomb.tar");
        using (var tar = new TarWriter(File.Create(archive)))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a/trace.dat") { DataStream = new MemoryStream(new byte[(80 << 20)]) });
            for (int i = 0; i < 6000; i++)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, $"b/{i}") { DataStream = new MemoryStream("[x]"u8.ToArray()) });
        }

        int calls = 0;
        TraceBundle bundle = TraceBundle.Find(archive, out _, _ => calls++)!;
        Assert.InRange(new FileInfo(bundle.Path).Length, 1, RecordingProbe.LongestDoubt + (1 << 20));
        Assert.InRange(calls, 1000, int.MaxValue);
        Assert.Throws<OperationCanceledException>(() => TraceBundle.Find(archive, out _, static _ => throw new OperationCanceledException()));
    }

    private sealed class Endless(string line) : MemoryStream
    {
        private readonly byte[] _bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, 5000)));
        private int _at;

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, _bytes.Length - _at);
            _bytes.AsSpan(_at, count).CopyTo(buffer);
            _at = (_at + count) % _bytes.Length;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    }
}
