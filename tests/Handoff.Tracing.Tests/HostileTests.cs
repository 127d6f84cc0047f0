using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Tests.Findings;

namespace Handoff.Tracing.Tests;

/// <summary>Recordings that say what no kernel says: each once ended in an exception, a hang, or gigabytes.</summary>
public sealed class HostileTests
{
    private const ulong Slot = 0xfa00_0000;

    [Theory]
    [InlineData("cpus=-5")]
    [InlineData("cpus=2000000000")]
    [InlineData("# entries-in-buffer/entries-written: 9/-5   #P:2000000000")]
    public void A_number_of_processors_that_cannot_be_is_none(string line)
    {
        string text = new TraceText().Bounced("nic", Slot, 0x1_4000_0000, 512).Unmap("nic", Slot, 512) + line + "\n";
        using RecordingReader reader = Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(line + "\n" + text)));
        DmaEvent e = default;
        while (reader.Read(ref e))
        {
        }

        Assert.Equal(0, reader.Header.CpuCount);
        ReplayOutcome outcome = Assert.Single(ReplayRun.Run(Load(line + "\n" + text), [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken));
        Assert.Equal(0, outcome.Failures);
    }

    [Fact]
    public void An_address_beyond_memory_and_a_device_without_a_name_can_be_replayed()
    {
        string text = new TraceText().Map("nic", 0xffff_ffff_ffff_f000, 0xffff_ffff_ffff_f000, 4096).Line("dma_map_page: dir=FROM_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=").ToString();
        Assert.Single(ReplayRun.Run(Load(text), [ReplayConfiguration.AsRecorded], cancellation: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Times_as_far_apart_as_can_be_are_kept_by_a_copy()
    {
        ulong[] seconds = [1, 18_446_744_073, 2, 9_000_000_000, 9_000_000_001];
        string text = string.Concat(seconds.Select(static second => $"  init-1     [000] d..2. {second}.000000: dma_map_page: nic dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=\n"));
        var redactor = new Redactor(null, new RedactionOptions(true, true, true), RedactionKey.From("words"));
        RecordingReader Open() => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text)));
        using (RecordingReader one = Open())
            redactor.Learn(one, TestContext.Current.CancellationToken);
        using (RecordingReader two = Open())
            redactor.Survey(two, TestContext.Current.CancellationToken);
        using var copy = new MemoryStream();
        using (RecordingReader three = Open())
        using (var made = redactor.Copy(three, TestContext.Current.CancellationToken))
            made.WriteTo(copy);
        copy.Position = 0;
        using RecordingReader again = Recording.Open(copy);
        DmaEvent e = default;
        var times = new List<ulong>();
        while (again.Read(ref e))
            times.Add(e.Time / 1_000_000_000);
        Assert.Equal(seconds, times);
    }

    [Fact]
    public void An_exporter_has_no_number_but_that_of_its_name()
    {
        using RecordingReader reader = Recording.Open(new MemoryStream("  init-1     [000] d..2. 1.000000: dma_buf_export: exp_name=heap size=4096 ino=5 nents=1/77 full_nents=5\n"u8.ToArray()));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal("heap", reader.Exporters[e.Exporter]);
    }

    [Fact]
    public void Names_without_end_do_not_fill_memory()
    {
        string device = new('d', 900_000);
        using RecordingReader reader = Recording.Open(new Repeated(300, i => $"  init-1     [000] d..2. 1.000000: dma_map_page: {i:d6}{device} dir=TO_DEVICE dma_addr=1000 size=16 phys_addr=1000 attrs=\n"));
        DmaEvent e = default;
        int events = 0;
        while (reader.Read(ref e))
            events++;
        Assert.Equal((300, 301), (events, reader.Devices.Count));
        Assert.Equal(256, Enumerable.Range(0, reader.Devices.Count).Max(id => reader.Devices.Bytes(id).Length));
    }

    [Fact]
    public void Data_that_every_processor_claims_are_read_once()
    {
        byte[] file = SectionsFile([.. Enumerable.Repeat((Offset: 0L, Size: 1L << 40), 5000)]);
        using RecordingReader reader = Recording.Open(new MemoryStream(file));
        DmaEvent e = default;
        while (reader.Read(ref e))
        {
        }

        Assert.Contains(reader.Diagnostics, static d => d.Id == "HT0109");
        Assert.True(reader.Statistics.Events < file.Length);
    }

    [Fact]
    public void A_section_that_is_named_over_and_over_is_not_read_over_and_over()
    {
        // One section of 8 MiB, and 40,000 options that name it: 320 GiB.
        byte[] section = new byte[8 << 20];
        byte[] file = SectionsFile([], section, 40_000);
        using RecordingReader reader = Recording.Open(new MemoryStream(file));
        Assert.Contains(reader.Diagnostics, static d => d.Id == "HT0103" && d.Message.Contains("all sections together", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("software IO TLB: area num \u0663.")]
    [InlineData("nr_cpu_ids:\u0663")]
    [InlineData("Reserved memory: created restricted DMA pool at 0x0000000050000000, size \u0663 MiB")]
    public void Digits_of_other_scripts_are_no_numbers(string message)
    {
        string directory = Directory.CreateTempSubdirectory("handoff-hostile-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "dmesg.txt"), $"[    0.000000] {message}\n");
            Assert.Equal(["dmesg.txt"], MachineFacts.Read(directory).Files);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Facts_without_end_are_cut()
    {
        string directory = Directory.CreateTempSubdirectory("handoff-hostile-").FullName;
        try
        {
            using (var file = File.Create(Path.Combine(directory, "machine.txt.gz")))
            using (var gzip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest))
            {
                gzip.Write("## cmdline\n"u8);
                for (int i = 0; i < 80; i++)
                    gzip.Write(new byte[1 << 20]);
            }

            MachineFacts facts = MachineFacts.Read(directory);
            Assert.Equal(["machine.txt.gz: only the first 32 MiB are used", "machine.txt.gz: 1 line of more than 64 Ki characters left out"], facts.Diagnostics);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static RecordedLoad Load(string text) => RecordedLoad.Open("hostile", null, () => Recording.Open(new MemoryStream(Encoding.UTF8.GetBytes(text))), cancellation: TestContext.Current.CancellationToken);

    /// <summary>A plain trace.dat of version 7 with one buffer, and options that name one section again and again.</summary>
    private static byte[] SectionsFile((long Offset, long Size)[] cpus, byte[]? section = null, int times = 0)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write([0x17, 0x08, 0x44, .. "tracing7\0"u8, 0, 8, 0, 16, 0, 0, .. "none\0\0"u8]);
        long first = file.Position;
        writer.Write(0L);
        long place = file.Position;
        void Header(int id, long size)
        {
            writer.Write((ushort)id);
            writer.Write((ushort)0);
            writer.Write(0);
            writer.Write(size);
        }

        Header(21, section?.Length ?? 0);
        writer.Write(section ?? []);
        using var options = new MemoryStream();
        using var option = new BinaryWriter(options);
        for (int i = 0; i < times; i++)
        {
            option.Write((ushort)21);
            option.Write(8);
            option.Write(place);
        }

        option.Write((ushort)3);
        option.Write(8 + 1 + 6 + 4 + 4 + (20 * cpus.Length));
        option.Write(place);
        option.Write("\0local\0"u8);
        option.Write(4096);
        option.Write(cpus.Length);
        for (int i = 0; i < cpus.Length; i++)
        {
            option.Write(i);
            option.Write(cpus[i].Offset);
            option.Write(cpus[i].Size);
        }

        long start = file.Position;
        Header(0, options.Length);
        writer.Write(options.ToArray());
        file.Position = first;
        writer.Write(start);
        return file.ToArray();
    }

    /// <summary>Lines made when they are asked for.</summary>
    private sealed class Repeated(int count, Func<int, string> line) : Stream
    {
        private byte[] _line = [];
        private int _at, _next;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int length)
        {
            if (_at == _line.Length)
            {
                if (_next == count)
                    return 0;
                (_line, _at) = (Encoding.UTF8.GetBytes(line(_next++)), 0);
            }

            int given = Math.Min(length, _line.Length - _at);
            _line.AsSpan(_at, given).CopyTo(buffer.AsSpan(offset));
            _at += given;
            return given;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int length) => throw new NotSupportedException();
    }
}
