using System.Buffers.Binary;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>The index of a version-7 recording is damaged, its sections are whole: every event is read all the same. And hostile indexes.</summary>
public sealed class IndexDamageTests
{
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));
    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["real"] = File.ReadAllBytes(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat")),
        ["none"] = new SyntheticTraceDat7(Six, "none", likeTraceCmd: true).File(),
        ["two"] = new SyntheticTraceDat7(Six, "zstd", likeTraceCmd: true, "", "second").File(),
    };

    public static TheoryData<string, string> Damages
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string file in Files.Keys)
            {
                foreach (string damage in (string[])["first options zero", "first options beyond", "first options elsewhere", "first options negative", "last options gone", "section", "cpu offset", "cpu offset beyond", "cpu size", "cpus", "next options"])
                    data.Add(file, damage);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_index_costs_no_event(string file, string damage)
    {
        byte[] whole = Files[file], bytes = (byte[])whole.Clone();
        int first = First(bytes), index = LastOptions(bytes), option = index + 16 + 6; // of the first buffer
        int cpus = option + 8 + bytes.AsSpan(option + 8).IndexOf((byte)0) + 1;
        cpus += bytes.AsSpan(cpus).IndexOf((byte)0) + 1 + 4; // behind names and page size: how many
        switch (damage)
        {
            case "first options zero": Put(bytes, first, 0); break;
            case "first options beyond": Put(bytes, first, 1L << 40); break;
            case "first options elsewhere": Put(bytes, first, 12345); break;
            case "first options negative": Put(bytes, first, -1); break;
            case "last options gone": bytes.AsSpan(index + 16, 40).Fill(0xa5); break;
            case "section": Put(bytes, option, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(option)) + 77); break;
            case "cpu offset": Put(bytes, cpus + 8, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(cpus + 8)) + 1000); break;
            case "cpu offset beyond": Put(bytes, cpus + 8, 1L << 50); break;
            case "cpu size": Put(bytes, cpus + 16, 1L << 41); break;
            case "cpus": Put(bytes, cpus, 0x7fff_ffff); break;
            case "next options": Put(bytes, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(first)) is var top ? top + 16 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(top + 8)) - 8 : 0, 99); break;
        }

        using RecordingReader expected = Recording.Open(new MemoryStream(whole)), found = Recording.Open(new MemoryStream(bytes));
        DmaEvent e = default, f = default;
        long events = 0;
        for (; expected.Read(ref e); events++)
        {
            Assert.True(found.Read(ref f));
            Assert.Equal((e.Time, e.Cpu, e.Instance, e.Kind, e.DmaAddress, e.Size), (f.Time, f.Cpu, f.Instance, f.Kind, f.DmaAddress, f.Size));
        }

        Assert.True(events > 30_000);
        Assert.False(found.Read(ref f));
        RecordingDiagnostic walked = Assert.Single(found.Diagnostics, static d => d.Id == "HT0112");
        Assert.Equal(DiagnosticSeverity.Error, walked.Severity);
        Assert.Equal((expected.Header.Clock, expected.Header.KernelRelease, 2), (found.Header.Clock, found.Header.KernelRelease, found.Header.CpuCount));
        Assert.DoesNotContain(found.Diagnostics, static d => d.Id is "HT0104" or "HT0105" or "HT0130" or "HT0131");
    }

    [Fact]
    public void Without_any_option_the_events_are_there_and_what_is_not_known_is_said()
    {
        // As other recorders write it: all options behind the events.
        byte[] whole = new SyntheticTraceDat7(Six, "zstd").File();
        int first = (int)BinaryPrimitives.ReadInt64LittleEndian(whole.AsSpan(First(whole)));
        int second = Enumerable.Range(0, first).Last(at => whole.AsSpan(at).StartsWith((ReadOnlySpan<byte>)[0, 0, 0, 0, 0, 0, 0, 0]) && BinaryPrimitives.ReadInt64LittleEndian(whole.AsSpan(at + 8)) == first - at - 16);
        using RecordingReader reader = Recording.Open(new MemoryStream(whole[..second]));
        DmaEvent e = default;
        long events = 0, notes = 0;
        while (reader.Read(ref e))
            _ = e.Kind == DmaEventKind.LostEvents ? notes++ : events++;
        Assert.Equal((32_032, 0), (events, notes)); // the buffer ends where the file does
        Assert.Contains("not known: the clock (nanoseconds are assumed), the number of CPUs, the kernel, how many events the kernel lost", Assert.Single(reader.Diagnostics, static d => d.Id == "HT0112").Hint, StringComparison.Ordinal);
        Assert.Equal((null, null, 0), (reader.Header.Clock, reader.Header.KernelRelease, reader.Header.CpuCount));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(ulong.MaxValue - 15)]
    [InlineData(ulong.MaxValue - 16)]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 62)]
    [InlineData((1UL << 32) - 16)]
    public void Sizes_that_cannot_be_end_the_walk(ulong size)
    {
        byte[] whole = Files["real"];
        foreach (int section in Sections(whole))
        {
            byte[] bytes = (byte[])whole.Clone();
            Put(bytes, section + 8, (long)size);
            Put(bytes, First(bytes), 0);
            Drain(new MemoryStream(bytes));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(255)]
    public void A_file_of_one_byte_over_and_over_is_walked_quickly(byte value)
    {
        byte[] bytes = new byte[16 << 20];
        bytes.AsSpan().Fill(value);
        Files["real"].AsSpan(0, 37).CopyTo(bytes);
        Drain(new MemoryStream(bytes));

        // The same in a compressed and in a plain buffer that was never finished.
        foreach (byte flags in (byte[])[0, 1])
        {
            Put(bytes, 37 + 8, 0);
            bytes.AsSpan(37, 8).Clear();
            (bytes[37], bytes[39]) = (3, flags);
            Put(bytes, First(bytes), 0);
            Drain(new MemoryStream(bytes));
        }
    }

    [Fact]
    public void Chunks_of_nothing_and_groups_of_nothing_end()
    {
        // A buffer of counts and smallest chunks: 1 byte that claims to be 16 MiB.
        byte[] bytes = new byte[8 << 20];
        Files["real"].AsSpan(0, 37).CopyTo(bytes);
        Put(bytes, First(bytes), 0);
        (bytes[37], bytes[39]) = (3, 1);
        var random = new Random(7);
        for (int at = 4096; at + 16 < bytes.Length; at += random.Next(1, 40))
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), random.Next(4) == 0 ? 0 : (uint)random.Next(1, 4));
        Drain(new MemoryStream(bytes));
    }

    [Fact]
    public void Buffers_and_cpus_without_end_take_no_memory_without_end()
    {
        // 4,000 buffers that break off at once, of a machine with 16,384 CPUs.
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(Files["real"].AsSpan(0, 37));
        writer.Write([0, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(24L), 8, 0, 4, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        for (int i = 0; i < 4000; i++)
            writer.Write([3, 0, 1, 0, 0, 0, 0, 0, .. BitConverter.GetBytes(12L), 9, 0, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0]);
        byte[] bytes = file.ToArray();
        Put(bytes, First(bytes), 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (RecordingReader reader = Recording.Open(new MemoryStream(bytes)))
        {
            Assert.Equal(1 << 14, reader.Header.CpuCount);
            Assert.InRange(reader.Statistics.Cpus.Count, 1024, 40_000);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
    }

    [Fact]
    public void Damage_anywhere_never_throws_nor_hangs()
    {
        var random = new Random(20_260_101);
        for (int i = 0; i < 70; i++)
        {
            byte[] whole = Files[i % 3 == 0 ? "none" : "real"], bytes = whole[..(i % 2 == 0 ? whole.Length : random.Next(40, whole.Length))];
            int[] sections = Sections(whole);
            for (int flips = 1 << random.Next(6); flips > 0; flips--)
            {
                // Most of them where sizes and places are.
                int at = random.Next(4) switch { 0 => random.Next(bytes.Length), 1 => First(bytes) + random.Next(8), 2 => sections[random.Next(sections.Length)] + random.Next(24), _ => LastOptions(whole) + random.Next(100) };
                if (at < bytes.Length)
                    bytes[at] ^= (byte)(1 << random.Next(8));
            }

            Drain(new MemoryStream(bytes), mostEvents: 2000);
        }
    }

    private static void Drain(Stream stream, int mostEvents = int.MaxValue)
    {
        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        using RecordingReader reader = Recording.Open(stream);
        DmaEvent e = default;
        for (int i = 0; i < mostEvents && reader.Read(ref e); i++)
        {
        }

        Assert.True(reader.Diagnostics.Count <= 200);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds < 60);
    }

    /// <summary>Where the place of the first options is.</summary>
    private static int First(byte[] bytes) => 18 + bytes.AsSpan(18).IndexOf((byte)0) + 1 is var version ? version + bytes.AsSpan(version).IndexOf((byte)0) + 1 : 0;

    private static int[] Sections(byte[] bytes)
    {
        var found = new List<int>();
        for (int at = First(bytes) + 8; at + 16 <= bytes.Length; at += 16 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(at + 8)))
            found.Add(at);
        return [.. found];
    }

    private static int LastOptions(byte[] bytes) => Sections(bytes).Last(at => bytes[at] == 0);

    private static void Put(byte[] bytes, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), value);
}
