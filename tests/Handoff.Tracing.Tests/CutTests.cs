using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>
/// Recordings of version 7 that end early, wherever that is, and such whose index is damaged: of each CPU the first events of the whole recording are read,
/// and what is missing at its end is said to be lost.
/// </summary>
public sealed class CutTests
{
    private static readonly byte[] Real = File.ReadAllBytes(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));

    public static TheoryData<string> Layouts => new("real", "none", "zlib", "zstd", "none first", "zlib first", "zstd first", "none two", "zstd two", "zstd empty top", "big endian");

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_cut_anywhere_gives_the_first_events_of_each_cpu(string layout)
    {
        byte[] bytes = Layout(layout);
        var whole = new Reading(bytes);
        Assert.Empty(whole.Diagnostics);
        Assert.Empty(whole.Lost);
        var random = new Random(4711);
        long most = 0;
        for (int i = 0; i < 14; i++)
        {
            int length = i < 4 ? bytes.Length - 1 - (i * 60) : random.Next(bytes.Length);
            var cut = new Reading(bytes[..length]);
            cut.AssertPrefixOf(whole);
            most = Math.Max(most, cut.Events);
        }

        Assert.True(most > whole.Events * 9 / 10, $"{most} of {whole.Events}");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zstd")]
    public void A_cpu_without_events_is_not_taken_for_one_with_events(string compression)
    {
        // trace-cmd leaves out CPU 0 then; its counts of what was read tell.
        byte[] six = (byte[])Six.Clone();
        "read events: 00000"u8.CopyTo(six.AsSpan(six.AsSpan().IndexOf("read events: 28059"u8)));
        six.AsSpan(six.AsSpan().IndexOf("flyrecord\0"u8) + 18, 8).Clear();
        byte[] bytes = new SyntheticTraceDat7(six, compression, likeTraceCmd: true).File();
        var whole = new Reading(bytes);
        Assert.Equal(3973, whole.Events);
        foreach (int percent in (int[])[90, 95, 99])
        {
            var cut = new Reading(bytes[..(int)((long)bytes.Length * percent / 100)]);
            cut.AssertPrefixOf(whole);
            Assert.True(cut.Events == 0 || cut.Lost.SetEquals([(0, 1)]));
        }

        Assert.True(new Reading(bytes[..^300]).Events > 3000);
    }

    private static byte[] Layout(string name)
    {
        string[] words = name.Split(' ', 2);
        switch (name)
        {
            case "real":
                return Real;
            case "big endian":
                return new SyntheticTraceDat7(Small(bigEndian: true), "none", likeTraceCmd: true).File();
            default:
                string[] buffers = words is [_, "two"] ? ["", "second"] : words is [_, "empty top"] ? ["*", "second"] : [""];
                return new SyntheticTraceDat7(Six, words[0], likeTraceCmd: words is not [_, "first"], buffers).File();
        }
    }

    private static byte[] Small(bool bigEndian)
    {
        var writer = new SyntheticTraceDat(bigEndian, 8, 4096);
        for (int i = 0; i < 20; i++)
        {
            writer.Data(5, writer.MapPage("0000:00:01.0", 0x1_2345_6000, 0xabc000, 4096, 2));
            writer.Data(1, writer.MapSg("camera", [0x1000, 0x2_0000_0000]));
        }

        byte[] records = [.. writer.Records];
        return writer.File([.. Enumerable.Range(0, 20).Select(i => ((ulong)(1000 + (10_000 * i)), (ulong?)null, records))]);
    }

    /// <summary>What comes of a file: its events by buffer and CPU.</summary>
    private sealed class Reading
    {
        private readonly Dictionary<(int Instance, int Cpu), List<int>> _events = [];

        internal Reading(byte[] bytes)
        {
            using RecordingReader reader = Recording.Open(new MemoryStream(bytes));
            DmaEvent e = default;
            ulong latest = 0;
            bool isBehind = false;
            while (reader.Read(ref e))
            {
                Assert.True(e.Time >= latest);
                latest = e.Time;
                if (e.Kind == DmaEventKind.LostEvents)
                {
                    // Two notes: where events begin to be missing, and behind the last event of all.
                    Assert.Equal(e.IsLostToEnd, Lost.Add((e.Instance, e.Cpu)));
                    isBehind |= !e.IsLostToEnd;
                    continue;
                }

                Assert.DoesNotContain((e.Instance, e.Cpu), Lost);
                Assert.False(isBehind);
                if (!_events.TryGetValue((e.Instance, e.Cpu), out List<int>? list))
                    _events.Add((e.Instance, e.Cpu), list = []);
                list.Add(HashOf(reader, e));
                Events++;
            }

            Diagnostics = reader.Diagnostics;
            Cpus = reader.Header.CpuCount;
        }

        internal long Events { get; }

        internal int Cpus { get; }

        internal HashSet<(int Instance, int Cpu)> Lost { get; } = [];

        internal IReadOnlyList<RecordingDiagnostic> Diagnostics { get; }

        internal void AssertPrefixOf(Reading whole)
        {
            if (Events < whole.Events || Lost.Count > 0)
                Assert.Contains(Diagnostics, static d => d.Severity == DiagnosticSeverity.Error && d.Offset > 0 && d.Hint.Length > 0);
            foreach ((var cpu, List<int> events) in _events)
            {
                Assert.Equal(whole._events[cpu].Take(events.Count), events);
                if (events.Count < whole._events[cpu].Count)
                    Assert.Contains(cpu, Lost);
            }

            foreach (var cpu in whole._events.Keys.Except(_events.Keys))
                Assert.True(Events == 0 || Lost.Contains(cpu) || _events.Keys.All(other => other.Instance < cpu.Instance), $"{cpu}");
        }

        private static int HashOf(RecordingReader reader, in DmaEvent e)
        {
            var hash = default(HashCode);
            hash.Add(HashCode.Combine(e.Time, e.Pid, e.Kind, reader.DeviceName(e), e.DmaAddress, e.PhysicalAddress, e.Size, e.Attributes));
            foreach (DmaAddress address in e.DmaAddresses)
                hash.Add(address);
            hash.AddBytes(e.Text);
            return hash.ToHashCode();
        }
    }
}
