using System.Globalization;
using System.Text;
using System.Text.Json;
using Handoff.Conformance.Recordings;
using Handoff.Conformance.Recordings.Verdicts;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Tests;

/// <summary>The judge must notice: recordings with something changed in them.</summary>
public sealed class TamperedTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("conform").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AWrongSlotIsFound()
    {
        string[] lines = Copy("arm64-nc-small");
        int map = Array.FindIndex(lines, 15_000, l => l.Contains("dma_map_page: 0000:00:03.0", StringComparison.Ordinal) && l.Contains("dma_addr=f", StringComparison.Ordinal));
        map = map >= 0 ? map : Array.FindIndex(lines, l => l.Contains("dma_map_page", StringComparison.Ordinal) && l.Contains("dma_addr=f", StringComparison.Ordinal));
        string address = Field(lines[map], "dma_addr");
        lines[map] = lines[map].Replace(address, Moved(address, 0x2000), StringComparison.Ordinal);
        RecordingVerdict verdict = Judge(lines);

        // The map; its unmap, as nothing was mapped at that address; the next maps, as the search seems to have moved. No more.
        Assert.InRange(verdict.Wrong, 1, 6);
        Assert.Contains(verdict.Differences, d => d.Kind == "dma_map_page" && d.Expected == $"dma_addr={address}" && d.Got == $"dma_addr={Moved(address, 0x2000)}");
    }

    [Fact]
    public void AWrongDirectAddressIsFound()
    {
        string[] lines = Copy("arm64-nc-small");
        int map = Array.FindIndex(lines, static l => l.Contains("dma_map_page", StringComparison.Ordinal) && l.Contains("dma_addr=1", StringComparison.Ordinal));
        string address = Field(lines[map], "dma_addr");
        lines[map] = lines[map].Replace($"dma_addr={address}", $"dma_addr={Moved(address, 0x1000)}", StringComparison.Ordinal);
        Assert.Equal(1, Judge(lines).Wrong);
    }

    [Fact]
    public void ADecisionTooManyIsFound()
    {
        string[] lines = Copy("arm64-nc-small");
        int map = Array.FindIndex(lines, static l => l.Contains("dma_map_page: 0000:00:05.0 dir=TO_DEVICE", StringComparison.Ordinal) && l.Contains("dma_addr=1", StringComparison.Ordinal));
        string head = lines[map][..lines[map].IndexOf("dma_map_page", StringComparison.Ordinal)];
        string decision = $"{head}swiotlb_bounced: dev_name: 0000:00:05.0 dma_mask=ffffffffffffffff dev_addr={Field(lines[map], "phys_addr")} size={Field(lines[map], "size")} NORMAL";
        RecordingVerdict verdict = Judge([.. lines[..map], decision, .. lines[map..]]);
        Assert.Contains(verdict.Differences, static d => d.Kind == "swiotlb_bounced" && d.Expected == "no bounce");
    }

    [Fact]
    public void AMapThatWorkedAlthoughThePoolWasFullIsFound()
    {
        string[] lines = Copy("x86-force-512");
        int failed = Array.FindIndex(lines, static l => l.Contains("dma_map_page", StringComparison.Ordinal) && l.Contains("dma_addr=ffffffffffffffff", StringComparison.Ordinal));
        lines[failed] = lines[failed].Replace("dma_addr=ffffffffffffffff", "dma_addr=7f91c000", StringComparison.Ordinal);
        RecordingVerdict verdict = Judge(lines);
        Assert.Equal(1, verdict.Wrong);
        Assert.Equal("the map fails", verdict.Differences[0].Expected);
    }

    [Theory]
    [InlineData("what=unmap-skip-sync bounced=1 cpu_sees=0", "what=unmap-skip-sync bounced=1 cpu_sees=1")]
    [InlineData("max_mapping=262144", "max_mapping=258048")]
    [InlineData("what=oversize-pages ok=0", "what=oversize-pages ok=1")]
    [InlineData("dma1=fa003000", "dma1=fa003800")]
    public void AWrongProbeLineIsFound(string recorded, string changed)
    {
        Copy("arm64-misuse-nc");
        string path = Path.Combine(_directory, "probe.txt"), text = File.ReadAllText(path);
        int at = text.IndexOf(recorded, StringComparison.Ordinal);
        File.WriteAllText(path, text[..at] + changed + text[(at + recorded.Length)..]);
        File.Delete(Path.Combine(_directory, "trace.txt"));
        RecordingVerdict verdict = RecordingJudge.Judge(_directory, 5);
        Assert.Equal(1, verdict.Wrong);
        Assert.StartsWith("probe.txt:", verdict.Differences[0].Place, StringComparison.Ordinal);
        Assert.Contains(changed, verdict.Differences[0].Got, StringComparison.Ordinal);
    }

    /// <summary>x86 sets the clock of messages right while it boots, the clock of the ring buffers not; the kernel says by how much.</summary>
    [Fact]
    public void MessagesOfAClockThatWasSetRightAreCompared()
    {
        string[] lines = Copy("x86-force-512");
        string packed = PackedFile.Find(_directory, "dmesg.txt")!, path = Path.Combine(_directory, "dmesg.txt");
        string[] messages;
        using (var reader = new StreamReader(PackedFile.Open(packed)))
            messages = reader.ReadToEnd().Split('\n');
        long compared = Messages();
        File.Delete(packed);

        for (int i = 0; i < messages.Length; i++)
        {
            if (messages[i].Contains("swiotlb buffer is full", StringComparison.Ordinal))
                messages[i] = $"[{decimal.Parse(messages[i].AsSpan(1, messages[i].IndexOf(']') - 1), CultureInfo.InvariantCulture) + 200,12:F6}]{messages[i][(messages[i].IndexOf(']') + 1)..]}";
        }

        File.WriteAllLines(path, messages);
        Assert.Equal(0, Messages());

        int stable = Array.FindIndex(messages, static l => l.Contains("sched_clock: Marking stable", StringComparison.Ordinal));
        messages[stable] = messages[stable].Replace(", -50903035)", ", 199949096965)", StringComparison.Ordinal);
        File.WriteAllLines(path, messages);
        Assert.Equal(compared, Messages());

        long Messages()
        {
            RecordingVerdict verdict = Judge(lines);
            Assert.Equal(0, verdict.Wrong);
            return verdict.Kind("machine", "swiotlb buffer is full").Identical;
        }
    }

    [Fact]
    public void APoolOfAnotherSizeIsFound()
    {
        Copy("arm64-nc-small");
        string path = Path.Combine(_directory, "dmesg.txt");
        File.WriteAllText(path, File.ReadAllText(path).Replace("0x00000000fe000000] (64MB)", "0x00000000fc000000] (32MB)", StringComparison.Ordinal));
        File.Delete(Path.Combine(_directory, "trace.txt"));
        Assert.Equal("32768 KiB", Assert.Single(RecordingJudge.Judge(_directory, 5).Differences).Got);
    }

    /// <summary>A recording that begins in the middle: what was mapped before must be learned, and is counted.</summary>
    [Theory]
    [InlineData("arm64-nc-small", 4000)]
    [InlineData("arm64-nc-small", 6000)]
    [InlineData("arm64-misuse-nc", 10_000)]
    [InlineData("x86-force-512", 400)]
    public void ABeginningInTheMiddleIsLearned(string name, int from)
    {
        string[] lines = Copy(name);
        string path = Path.Combine(_directory, "machine.txt");
        File.WriteAllText(path, File.ReadAllText(path).Replace("trace_event=", "late_event=", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(_directory, "probe.txt"), "");
        RecordingVerdict verdict = Judge([.. lines[..12], .. lines[from..]]);
        Assert.True(verdict.Wrong == 0, string.Join("\n", verdict.Differences));
        Assert.True(verdict.Explained > 0);
        Assert.True(verdict.Identical > verdict.Cases * 8 / 10, string.Join("\n", verdict.Reasons));
    }

    [Fact]
    public void TheProgramSaysSo()
    {
        string[] lines = Copy("arm64-nc-small");
        int map = Array.FindIndex(lines, static l => l.Contains("dma_map_page", StringComparison.Ordinal) && l.Contains("dma_addr=f", StringComparison.Ordinal));
        string address = Field(lines[map], "dma_addr");
        lines[map] = lines[map].Replace(address, Moved(address, 0x2000), StringComparison.Ordinal);
        File.WriteAllLines(Path.Combine(_directory, "trace.txt"), lines);

        (int code, string text, _) = Run("recording", _directory, "--first", "1");
        Assert.Equal(ExitCodes.Wrong, code);
        Assert.Contains($"expected dma_addr={address}", text, StringComparison.Ordinal);
        (code, string json, _) = Run("recording", _directory, Path.Combine(RecordedDirectories.Shipped, "arm64-nc-small"), "--json");
        Assert.Equal(ExitCodes.Wrong, code);
        using var document = JsonDocument.Parse(json);
        JsonElement recordings = document.RootElement.GetProperty("recordings");
        Assert.Equal(2, recordings.GetArrayLength());
        Assert.True(recordings[0].GetProperty("wrong").GetInt64() > 0);
        Assert.Equal(0, recordings[1].GetProperty("wrong").GetInt64());
        Assert.Equal(ExitCodes.Ok, Run("recording", Path.Combine(RecordedDirectories.Shipped, "arm64-nc-small")).Code);
    }

    [Theory]
    [InlineData(ExitCodes.Usage, "recording")]
    [InlineData(ExitCodes.Usage, "recording", "--nothing", "x")]
    [InlineData(ExitCodes.Usage, "recording", "x", "--first")]
    [InlineData(ExitCodes.BadInput, "recording", "/nowhere/at/all")]
    [InlineData(ExitCodes.BadInput, "recording", "/dev")]
    public void BadUseIsExplained(int expected, params string[] arguments)
    {
        (int code, _, string error) = Run(arguments);
        Assert.Equal(expected, code);
        Assert.StartsWith("conform", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedTextIsNoCrash()
    {
        string[] lines = Copy("arm64-misuse-nc");
        var random = new Random(1);
        string probe = Path.Combine(_directory, "probe.txt"), text = File.ReadAllText(probe);
        for (int round = 0; round < 20; round++)
        {
            var damaged = new StringBuilder(text);
            for (int i = 0; i < 20; i++)
                damaged[random.Next(damaged.Length)] = (char)random.Next(32, 127);
            File.WriteAllText(probe, damaged.ToString());
            string[] some = lines[..2000];
            for (int i = 0; i < 20; i++)
            {
                char[] line = some[random.Next(some.Length)].ToCharArray();
                if (line.Length > 0)
                    line[random.Next(line.Length)] = (char)random.Next(32, 127);
                some[random.Next(some.Length)] = new string(line);
            }

            Assert.True(Judge(some).Cases > 0);
        }
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        int code = Program.Run(arguments, output, error);
        return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    /// <summary>Copies a shipped recording with its trace as plain text.</summary>
    private string[] Copy(string name)
    {
        foreach (string file in Directory.GetFiles(Path.Combine(RecordedDirectories.Shipped, name)))
        {
            string target = Path.Combine(_directory, Path.GetFileName(file));
            if (!Path.GetFileName(file).StartsWith("trace.", StringComparison.Ordinal)) // the text alone: a binary trace would be read instead of it
                File.Copy(file, target);
        }

        using var reader = new StreamReader(PackedFile.Open(PackedFile.Find(Path.Combine(RecordedDirectories.Shipped, name), "trace.txt")!));
        string[] lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        File.WriteAllLines(Path.Combine(_directory, "trace.txt"), lines);
        return lines;
    }

    private RecordingVerdict Judge(string[] lines)
    {
        File.WriteAllLines(Path.Combine(_directory, "trace.txt"), lines);
        return RecordingJudge.Judge(_directory, 20);
    }

    private static string Field(string line, string name)
    {
        int at = line.IndexOf(name + "=", StringComparison.Ordinal) + name.Length + 1, end = line.IndexOf(' ', at);
        return end < 0 ? line[at..] : line[at..end];
    }

    private static string Moved(string address, ulong by) => (Convert.ToUInt64(address, 16) + by).ToString("x");
}
