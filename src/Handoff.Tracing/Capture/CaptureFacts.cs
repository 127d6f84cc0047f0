using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Handoff.Tracing.Capture;

/// <summary>Writes what the machine at hand says about itself into the files that facts are read from.</summary>
/// <param name="system">The machine.</param>
/// <param name="clock">The clock of the recording.</param>
public sealed class CaptureFacts(CaptureSystem system, string clock = "mono")
{
    private const int MostDepth = 16; // of a directory of debugfs

    /// <summary>Writes the files.</summary>
    /// <param name="directory">An existing directory.</param>
    /// <returns>What could not be told and is worth knowing, as sentences without a full stop.</returns>
    public IReadOnlyList<string> Write(string directory)
    {
        var missing = new List<string>();
        string memory = system.Read("proc/iomem");
        if (!memory.Contains("System RAM", StringComparison.Ordinal) || memory.StartsWith("00000000-00000000", StringComparison.Ordinal))
            missing.Add("/proc/iomem hides where memory is");
        File.WriteAllText(Path.Combine(directory, "machine.txt"), Machine(memory));
        string messages = Messages();
        if (messages.Length > 0)
            File.WriteAllText(Path.Combine(directory, "dmesg.txt"), messages);
        if (!messages.Contains("software IO TLB", StringComparison.Ordinal))
            missing.Add("the kernel's messages do not tell (any more) where the bounce pool is");
        if (DeviceTreeText() is { Length: > 0 } tree)
            File.WriteAllText(Path.Combine(directory, "machine.dts"), tree);
        Configuration(Path.Combine(directory, "kernel.config"));
        return missing;
    }

    private string Machine(string memory)
    {
        var text = new StringBuilder();
        Section(text, "uname", system.Uname);
        Section(text, "boot_id", system.Read("proc/sys/kernel/random/boot_id"));
        Section(text, "date", $"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}");
        Section(text, "cmdline", system.Read("proc/cmdline"));
        Section(text, "trace_clock", $"[{clock}]");
        Section(text, "page_size", $"{Environment.SystemPageSize}");
        Section(text, "iomem", memory);
        Section(text, "meminfo", system.Read("proc/meminfo"));
        text.Append("## swiotlb\n");
        Values(text, "sys/kernel/debug/swiotlb", 0);
        text.Append("## dma-api debugfs\n");
        foreach (string name in system.Names("sys/kernel/debug/dma-api").Where(static name => name is not ("dump" or "driver_filter")))
            text.Append(CultureInfo.InvariantCulture, $"/sys/kernel/debug/dma-api/{name} {Line($"sys/kernel/debug/dma-api/{name}")}\n");
        text.Append("## pci (addr vendor:device class driver dma_mask_bits consistent_dma_mask_bits iommu_group)\n");
        foreach (string device in system.Names("sys/bus/pci/devices"))
        {
            string at = $"sys/bus/pci/devices/{device}";
            string driver = system.LinkName($"{at}/driver");
            text.Append(CultureInfo.InvariantCulture, $"{device} {Line($"{at}/vendor")}:{Line($"{at}/device")} {Line($"{at}/class")} {(driver.Length > 0 ? driver : "-")} {Line($"{at}/dma_mask_bits")} {Line($"{at}/consistent_dma_mask_bits")} {system.LinkName($"{at}/iommu_group")}\n");
        }

        text.Append("## iommu groups\n");
        foreach (string group in system.Names("sys/kernel/iommu_groups"))
            text.Append(CultureInfo.InvariantCulture, $"/sys/kernel/iommu_groups/{group} type={Line($"sys/kernel/iommu_groups/{group}/type")} {string.Join(' ', system.Names($"sys/kernel/iommu_groups/{group}/devices"))}\n");
        return text.ToString();
    }

    private static void Section(StringBuilder text, string name, string body) => text.Append(CultureInfo.InvariantCulture, $"## {name}\n{body.TrimEnd()}\n");

    private string Line(string path) => system.Read(path).Trim().Replace('\n', ' ');

    private void Values(StringBuilder text, string directory, int depth)
    {
        foreach (string name in system.Names(directory))
        {
            string path = $"{directory}/{name}";
            if (!system.HasDirectory(path))
                text.Append(CultureInfo.InvariantCulture, $"/{path} {Line(path)}\n");
            else if (depth < MostDepth)
                Values(text, path, depth + 1);
        }
    }

    // 6,339,5140900,-;text → [    5.140900] text
    private string Messages()
    {
        using var bytes = new MemoryStream();
        try
        {
            using var file = new KernelFile(system.PathOf("dev/kmsg"));
            byte[] buffer = new byte[1 << 14]; // one message at a time, and none is longer
            for (int got; (got = file.Read(buffer)) > 0;)
                bytes.Write(buffer, 0, got);
        }
        catch (IOException)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (string line in Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length).Split('\n'))
        {
            int semicolon = line.IndexOf(';', StringComparison.Ordinal);
            if (semicolon < 0 || line[0] == ' ' || line[..semicolon].Split(',') is not [_, _, var time, ..] || !ulong.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds))
                continue;
            text.Append(CultureInfo.InvariantCulture, $"[{microseconds / 1_000_000,5}.{microseconds % 1_000_000:d6}] {line[(semicolon + 1)..]}\n");
        }

        return text.ToString();
    }

    private void Configuration(string target)
    {
        try
        {
            string packed = system.PathOf("proc/config.gz"), plain = system.PathOf($"boot/config-{system.Release}");
            if (File.Exists(packed))
            {
                using var from = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
                using var to = File.Create(target);
                from.CopyTo(to);
            }
            else if (File.Exists(plain))
            {
                File.Copy(plain, target);
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or InvalidDataException)
        {
            File.Delete(target); // nothing depends on it
        }
    }

    private string DeviceTreeText()
    {
        const string root = "sys/firmware/devicetree/base";
        if (!system.HasDirectory(root))
            return "";
        var text = new StringBuilder("/dts-v1/;\n\n/ {\n");
        Node(text, root, 1);
        return text.Append("};\n").ToString();
    }

    private void Node(StringBuilder text, string directory, int depth)
    {
        string[] names = system.Names(directory);
        foreach (string name in names.Where(name => name != "name" && !system.HasDirectory($"{directory}/{name}")))
        {
            byte[] value;
            try
            {
                value = File.ReadAllBytes(system.PathOf($"{directory}/{name}"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            text.Append('\t', depth).Append(name).Append(ValueText(value)).Append(";\n");
        }

        foreach (string name in names.Where(name => depth < MostDepth && system.HasDirectory($"{directory}/{name}")))
        {
            text.Append('\t', depth).Append(name).Append(" {\n");
            Node(text, $"{directory}/{name}", depth + 1);
            text.Append('\t', depth).Append("};\n");
        }
    }

    // As dtc writes it: text in quotes, numbers in angle brackets, anything else as bytes.
    private static string ValueText(byte[] value)
    {
        if (value.Length == 0)
            return "";
        bool isText = value.Length > 1 && value[^1] == 0 && value[0] != 0 && Array.TrueForAll(value, static b => b is 0 or (>= 32 and < 127));
        if (isText)
            return $" = {string.Join(", ", Encoding.ASCII.GetString(value, 0, value.Length - 1).Split('\0').Select(static part => $"\"{part.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""))}";
        if (value.Length % 4 != 0)
            return $" = [{string.Join(' ', value.Select(static b => b.ToString("x2", CultureInfo.InvariantCulture)))}]";
        var cells = new StringBuilder(" = <");
        for (int at = 0; at < value.Length; at += 4)
            cells.Append(CultureInfo.InvariantCulture, $"{(at > 0 ? " " : "")}0x{System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(at)):x2}");
        return cells.Append('>').ToString();
    }
}
