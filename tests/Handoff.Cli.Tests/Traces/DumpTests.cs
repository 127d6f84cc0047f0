using System.Globalization;
using System.Text;
using System.Text.Json;
using Handoff.Reports.Dump;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli.Tests.Traces;

public sealed class DumpTests
{
    public static TheoryData<string> Recordings => TraceFiles.All("trace.dat", "trace.txt.zst");

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Dumped_text_is_a_recording_that_says_the_same(string path)
    {
        using var original = Recording.Open(path);
        using var dumped = new MemoryStream();
        Dump(original, dumped, static (reader, stream) => new EventTextWriter(reader, stream));
        long events = original.Statistics.Events;
        Assert.True(events > 1000);

        dumped.Position = 0;
        using var first = Recording.Open(path);
        using var second = Recording.Open(dumped);
        DmaEvent a = default, b = default;
        while (first.Read(ref a))
        {
            Assert.True(second.Read(ref b));
            if (!Same(first, a, second, b))
                Assert.Fail($"event {second.Statistics.Events}: {Describe(first, a)}\nread again: {Describe(second, b)}");
        }

        Assert.False(second.Read(ref b));
        Assert.Equal(events, second.Statistics.Events);
        Assert.Empty(second.Diagnostics);
    }

    [Fact]
    public void Binary_and_text_recordings_dump_the_same_but_for_what_text_cannot_say()
    {
        string[] binary = Run.Of("dump", TraceFiles.Dat).Out.Split('\n'), text = Run.Of("dump", TraceFiles.Text).Out.Split('\n');
        Assert.Equal(binary.Length, text.Length);
        for (int i = 0; i < binary.Length; i++)
        {
            if (binary[i].Contains("virt_addr", StringComparison.Ordinal) || binary[i].Contains("<...>", StringComparison.Ordinal))
                continue;
            Assert.Equal(Rounded(binary[i]), Rounded(text[i]));
        }
    }

    [Fact]
    public void Every_line_of_json_is_an_object_with_what_the_event_says()
    {
        var run = Run.Of("dump", TraceFiles.Dat, "--json");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string[] lines = run.Out.TrimEnd('\n').Split('\n');
        using (var header = JsonDocument.Parse(lines[0]))
        {
            Assert.Equal(EventJsonWriter.Schema, header.RootElement.GetProperty("schema").GetString());
            Assert.Equal("6.12.117", header.RootElement.GetProperty("kernel").GetString());
        }

        using var reader = Recording.Open(TraceFiles.Dat);
        DmaEvent e = default;
        var kinds = new HashSet<string>();
        foreach (string line in lines.Skip(1))
        {
            Assert.True(reader.Read(ref e));
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            Assert.Equal(e.Time, (ulong)(root.GetProperty("time").GetDecimal() * 1_000_000_000));
            Assert.Equal(e.Cpu, root.GetProperty("cpu").GetInt32());
            Assert.Equal(e.Pid, root.GetProperty("pid").GetInt32());
            Assert.Equal(reader.TaskName(e), root.GetProperty("task").GetString());
            Assert.Equal(reader.EventName(e), root.GetProperty("event").GetString());
            string kind = root.GetProperty("kind").GetString()!;
            Assert.Equal(DmaEventKindNames.Of(e.Kind), kind);
            if (e.Device != 0)
                Assert.Equal(reader.DeviceName(e), root.GetProperty("device").GetString());
            if (e.Kind is DmaEventKind.MapPage)
                Assert.Equal((Hex(e.DmaAddress.Value), Hex(e.PhysicalAddress.Value), e.Size), (root.GetProperty("dma_addr").GetString(), root.GetProperty("phys_addr").GetString(), root.GetProperty("size").GetUInt64()));
            if (e.Kind is DmaEventKind.MapSg)
            {
                Assert.Equal(e.PhysicalAddresses.ToArray().Select(p => Hex(p.Value)), root.GetProperty("phys_addrs").EnumerateArray().Select(static p => p.GetString()));
                Assert.Equal(e.DmaAddresses.ToArray().Select(p => Hex(p.Value)), root.GetProperty("dma_addrs").EnumerateArray().Select(static p => p.GetString()));
                Assert.Equal(e.Lengths.ToArray(), root.GetProperty("lengths").EnumerateArray().Select(static p => p.GetUInt32()));
            }

            if (e.Kind is DmaEventKind.Marker)
                Assert.Equal(RecordingReader.TextOf(e), root.GetProperty("text").GetString());
            if (e.Kind is DmaEventKind.SwiotlbBounced)
                Assert.Equal((Hex(e.DmaMask), Hex(e.BouncedAddress), e.IsForced), (root.GetProperty("dma_mask").GetString(), root.GetProperty("dev_addr").GetString(), root.GetProperty("forced").GetBoolean()));
            kinds.Add(kind);
        }

        Assert.False(reader.Read(ref e));
        Assert.Superset(new HashSet<string> { "map_page", "map_sg", "swiotlb_bounced", "marker", "alloc", "unmap_sg" }, kinds);
    }

    [Fact]
    public void Every_line_of_csv_has_every_column()
    {
        var run = Run.Of("dump", TraceFiles.Failing, "--csv");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string[] lines = run.Out.TrimEnd('\n').Split('\n');
        string[] heading = lines[0].Split(',');
        Assert.Equal(heading.Length, heading.Distinct().Count());
        using var reader = Recording.Open(TraceFiles.Failing);
        DmaEvent e = default;
        int failed = 0, device = Array.IndexOf(heading, "device"), address = Array.IndexOf(heading, "dma_addr");
        foreach (string line in lines.Skip(1))
        {
            Assert.True(reader.Read(ref e));
            var cells = Cells(line);
            Assert.Equal(heading.Length, cells.Count);
            Assert.Equal(reader.DeviceName(e), cells[device]);
            if (cells[Array.IndexOf(heading, "kind")] == "map_page" && cells[address] == "0xffffffffffffffff")
                failed++;
            if (e.Kind == DmaEventKind.Marker)
                Assert.Equal(RecordingReader.TextOf(e), cells[^1]);
        }

        Assert.False(reader.Read(ref e));
        Assert.Equal(7479, failed);
    }

    [Theory]
    [InlineData("--event dma_map_page", "dma_map_page")]
    [InlineData("--event map_sg,unmap_sg", "dma_map_sg|dma_unmap_sg")]
    [InlineData("--event *unmap*", "dma_unmap_page|dma_unmap_sg")]
    public void Events_are_chosen_by_name_or_kind(string options, string names)
    {
        var run = Run.Of(["dump", TraceFiles.Dat, "--csv", .. options.Split(' ')]);
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        string[] found = [.. run.Out.TrimEnd('\n').Split('\n').Skip(1).Select(line => line.Split(',')[5]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(names, string.Join('|', found));
    }

    [Fact]
    public void Chosen_events_are_exactly_those_that_fit()
    {
        const ulong start = 2_000_000_000, to = 2_400_000_000;
        using var reader = Recording.Open(TraceFiles.Dat);
        DmaEvent e = default;
        int expected = 0;
        while (reader.Read(ref e))
        {
            if (e.Time is >= start and <= to && reader.DeviceName(e) == "0000:00:03.0")
                expected++;
        }

        Assert.True(expected > 100);
        foreach (string times in (string[])["--from 2 --to 2400ms", "--from 2s --to 2.4", "--from 2000000us --to 2400000000ns"])
        {
            var run = Run.Of(["dump", TraceFiles.Dat, "--device", "*:03.0", .. times.Split(' ')]);
            Assert.Equal((ExitCode.AsExpected, expected), (run.Code, run.Out.Count(static sign => sign == '\n')));
        }
    }

    [Fact]
    public void Addresses_choose_what_touches_them()
    {
        var run = Run.Of("dump", TraceFiles.Dat, "--address", "fa000000-fa0007ff", "--event", "map_page");
        Assert.Equal(ExitCode.AsExpected, run.Code);
        string[] lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.All(lines, static line => Assert.Matches("dma_addr=fa000[0-7][0-9a-f]{2} ", line));
        using var reader = Recording.Open(TraceFiles.Dat);
        DmaEvent e = default;
        int expected = 0;
        while (reader.Read(ref e))
        {
            if (e.Kind == DmaEventKind.MapPage && e.DmaAddress.Value is >= 0xfa000000 and <= 0xfa0007ff)
                expected++;
        }

        Assert.Equal(expected, lines.Length);
        Assert.Equal(run.Out, Run.Of("dump", TraceFiles.Dat, "--address", "0xfa000000+2K", "--event", "map_page").Out);
    }

    [Fact]
    public void Markers_choose_what_lies_between_them()
    {
        string[] markers = Run.Of("dump", TraceFiles.Dat, "--event", "marker").Out.TrimEnd('\n').Split('\n');
        Assert.True(markers.Length > 2);
        string from = Payload(markers[0]), to = Payload(markers[1]);
        string[] lines = Run.Of("dump", TraceFiles.Dat, "--from-marker", from, "--to-marker", to).Out.TrimEnd('\n').Split('\n');
        Assert.Equal((markers[0], markers[1]), (lines[0], lines[^1]));
        string[] all = Run.Of("dump", TraceFiles.Dat).Out.TrimEnd('\n').Split('\n');
        Assert.Equal(Array.IndexOf(all, markers[1]) - Array.IndexOf(all, markers[0]) + 1, lines.Length);
        static string Payload(string line) => line[(line.IndexOf("write: ", StringComparison.Ordinal) + 7)..];
    }

    [Fact]
    public void A_cut_recording_is_dumped_up_to_the_cut()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, File.ReadAllBytes(TraceFiles.Dat)[..400_000]);
            var run = Run.Of("dump", path);
            // Version 7 has its index at the end. CPU 1 comes behind the cut: all its events are missing.
            Assert.Equal(ExitCode.BadInput, run.Code);
            Assert.Matches("error HT0112 at byte [1-9].*\n(.*\n)*.*error HT0113 at byte 343532", run.Error);
            string[] lines = run.Out.TrimEnd('\n').Split('\n');
            Assert.Equal(("CPU:1 [LOST EVENTS TO THE END]", "CPU:1 [LOST EVENTS]", 2), (lines[0], lines[^1], lines.Count(static line => line.StartsWith("CPU:1 ", StringComparison.Ordinal))));
            Assert.InRange(lines.Length, 8000, 15_000);

            byte[] six = Unpacked(TraceFiles.Six);
            File.WriteAllBytes(path, six[..^200_000]);
            run = Run.Of("dump", path);
            Assert.Equal(ExitCode.BadInput, run.Code);
            Assert.Contains("error HT0108 at byte ", run.Error, StringComparison.Ordinal);
            Assert.InRange(run.Out.Count(static sign => sign == '\n'), 1000, 32_019);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Escapes_in_a_recording_do_not_reach_the_terminal()
    {
        const string line = "evil\e[2J-1 [000] .....  1.000001: dma_map_page: n\e]0;x\aic dir=TO_DEVICE dma_addr=1 size=1 phys_addr=1 attrs=\nx-1 [000] ..... 2.0: tracing_mark_write: \e[31mred\n";
        foreach (string format in (string[])["--json", "--csv", ""])
        {
            var run = Run.Of(new Run.Settings(Input: line), ["dump", "-", .. format.Length > 0 ? [format] : (string[])[]]);
            Assert.Equal(ExitCode.AsExpected, run.Code);
            Assert.DoesNotContain(run.Out, static sign => char.IsControl(sign) && sign != '\n');
            Assert.Contains("red", run.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Interruption_ends_the_output_with_a_whole_line()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var run = Run.Of(new Run.Settings(Cancelled: cancelled.Token), "dump", TraceFiles.Dat);
        Assert.Equal(ExitCode.Inconclusive, run.Code);
        Assert.InRange(run.Out.Count(static sign => sign == '\n'), 1, 10_000);
        Assert.EndsWith("\n", run.Out, StringComparison.Ordinal);
    }

    private static void Dump(RecordingReader reader, Stream stream, Func<RecordingReader, Stream, EventWriter> make)
    {
        DmaEvent e = default;
        EventWriter? writer = null;
        while (reader.Read(ref e))
            (writer ??= make(reader, stream)).Write(e);
        writer!.Flush();
    }

    private static bool Same(RecordingReader first, in DmaEvent a, RecordingReader second, in DmaEvent b) =>
        (a.Time, a.Kind, a.Cpu, a.Pid, a.Size, a.DmaAddress, a.Attributes, a.Direction, a.HasDirection, a.PhysicalAddress, a.VirtualAddress)
        == (b.Time, b.Kind, b.Cpu, b.Pid, b.Size, b.DmaAddress, b.Attributes, b.Direction, b.HasDirection, b.PhysicalAddress, b.VirtualAddress)
        && (a.FullNents, a.FullEnts, a.IsTruncated, a.Error, a.DmaMask, a.BouncedAddress, a.IsForced, a.Inode, a.FileDescriptor, a.IsDynamic, a.Attachment)
        == (b.FullNents, b.FullEnts, b.IsTruncated, b.Error, b.DmaMask, b.BouncedAddress, b.IsForced, b.Inode, b.FileDescriptor, b.IsDynamic, b.Attachment)
        && a.PhysicalAddresses.SequenceEqual(b.PhysicalAddresses) && a.DmaAddresses.SequenceEqual(b.DmaAddresses) && a.Lengths.SequenceEqual(b.Lengths)
        && first.DeviceName(a) == second.DeviceName(b) && first.EventName(a) == second.EventName(b) && first.TaskName(a) == second.TaskName(b)
        && (a.Kind != DmaEventKind.Marker || a.Text.SequenceEqual(b.Text));

    private static string Describe(RecordingReader reader, in DmaEvent e) =>
        $"{e.Time} {e.Cpu} {reader.TaskName(e)}-{e.Pid} {reader.EventName(e)} {e.Kind} {reader.DeviceName(e)} {e.DmaAddress} {e.PhysicalAddress} {e.VirtualAddress} {e.Size} {e.Attributes} {e.Direction} {e.FullNents}/{e.FullEnts} {RecordingReader.TextOf(e)}";

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    // The kernel rounds to microseconds when it prints.
    private static string Rounded(string line)
    {
        int dot = line.IndexOf('.', line.IndexOf("] ", StringComparison.Ordinal) is var at and >= 0 ? at : 0);
        if (dot < 0)
            return line;
        int start = dot;
        while (char.IsAsciiDigit(line[start - 1]))
            start--;
        return line[..start] + decimal.Round(decimal.Parse(line.AsSpan(start, dot + 10 - start), CultureInfo.InvariantCulture), 6, MidpointRounding.AwayFromZero) + line[(dot + 10)..];
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        foreach (char sign in line)
        {
            if (sign == '"')
                quoted = !quoted;
            else if (sign == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(sign);
        }

        cells.Add(cell.ToString());
        return cells;
    }

    private static byte[] Unpacked(string path)
    {
        using var plain = Handoff.Tracing.Bundles.PackedFile.Open(path);
        using var memory = new MemoryStream();
        plain.CopyTo(memory);
        return memory.ToArray();
    }
}
