using System.Buffers.Binary;
using System.Text;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.Formats;

namespace Handoff.Cli.Tests.Traces;

/// <summary>
/// A directory in the place of <c>/</c>: tracefs with ring-buffer pages that a real kernel filled (those of a shipped recording), and what /proc and /sys say.
/// Its one ring buffer of our own is there from the beginning, since no kernel makes its files.
/// </summary>
internal sealed class FakeMachine : IDisposable
{
    internal const string Tracing = "sys/kernel/tracing", Instance = Tracing + "/instances/handoff";

    internal FakeMachine(string release = "6.12.117", bool events = true, bool tracefs = true)
    {
        Write("proc/sys/kernel/osrelease", release + "\n");
        Write("proc/sys/kernel/hostname", "fakebox\n");
        Write("proc/sys/kernel/version", "#1 SMP\n");
        Write("proc/sys/kernel/arch", "aarch64\n");
        Write("proc/sys/kernel/random/boot_id", "6ff43a0e-8a3f-4c8b-a5a0-0d3c0b6f4a77\n");
        Write("proc/cmdline", "console=ttyAMA0 swiotlb=1024\n");
        Write("proc/iomem", "40000000-1bfffffff : System RAM\n  40200000-40a4ffff : Kernel code\n");
        Write("dev/kmsg", "6,100,0,-;software IO TLB: mapped [mem 0x00000000fa000000-0x00000000fe000000] (64MB)\n SUBSYSTEM=memory\n6,101,1234567,-;software IO TLB: area num 2.\n");
        Write("sys/kernel/debug/swiotlb/io_tlb_nslabs", "32768\n");
        Write("sys/bus/pci/devices/0000:00:03.0/vendor", "0x1b36\n");
        Write("sys/bus/pci/devices/0000:00:03.0/device", "0x0007\n");
        Write("sys/bus/pci/devices/0000:00:03.0/class", "0x080501\n");
        Write("sys/bus/pci/devices/0000:00:03.0/dma_mask_bits", "32\n");
        Write("sys/bus/pci/devices/0000:00:03.0/consistent_dma_mask_bits", "32\n");
        Directory.CreateDirectory(In("sys/bus/pci/drivers/sdhci-pci"));
        Directory.CreateSymbolicLink(In("sys/bus/pci/devices/0000:00:03.0/driver"), In("sys/bus/pci/drivers/sdhci-pci"));
        Write("sys/kernel/iommu_groups/0/type", "DMA\n");
        Write("sys/kernel/iommu_groups/0/devices/0000:00:09.0", "");
        Write("sys/firmware/devicetree/base/compatible", "linux,dummy-virt\0");
        Write("sys/firmware/devicetree/base/pcie@10000000/dma-coherent", "");
        File.WriteAllBytes(In("sys/firmware/devicetree/base/pcie@10000000/bus-range"), [0, 0, 0, 0, 0, 0, 0, 0xff]);
        if (!tracefs)
            return;
        Directory.CreateDirectory(In(Tracing + "/events"));
        if (events)
            WriteTracing();
    }

    /// <summary>The directory.</summary>
    internal string Root { get; } = Directory.CreateTempSubdirectory("handoff-machine-").FullName;

    /// <summary>Where a file is.</summary>
    internal string In(string path) => Path.Combine(Root, path);

    /// <summary>Replaces a file.</summary>
    internal void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllText(In(path), text);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    // The pages of version 6 lie unpacked in the file: at the place and of the size that its end of metadata tells for each processor.
    private void WriteTracing()
    {
        byte[] file = Unpack(TraceFiles.Six);
        using var reader = Recording.Open(new MemoryStream(file));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        RecordingMetadata metadata = reader.BinaryMetadata!;
        foreach (string directory in (string[])[Tracing, Instance])
        {
            File.WriteAllBytes(Make($"{directory}/events/header_page"), metadata.HeaderPage);
            File.WriteAllBytes(Make($"{directory}/events/header_event"), metadata.HeaderEvent);
            foreach (var (name, formats) in metadata.Systems.Append(("ftrace", metadata.FtraceFormats)))
            {
                Write($"{directory}/events/{name}/enable", "0\n");
                foreach (byte[] format in formats)
                    File.WriteAllBytes(Make($"{directory}/events/{name}/{Encoding.ASCII.GetString(format).Split('\n')[0]["name: ".Length..]}/format"), format);
            }
        }

        Write($"{Tracing}/saved_cmdlines", string.Concat(Enumerable.Range(1, reader.Tasks.Count - 1).Take(1).Select(i => $"{e.Pid} {reader.Tasks[i]}\n")));
        Write($"{Tracing}/printk_formats", "");
        File.WriteAllBytes(In("proc/kallsyms"), metadata.Symbols.Text.Span);
        Write($"{Instance}/trace_clock", "[local] global counter uptime perf mono mono_raw boot tai\n");
        Write($"{Instance}/buffer_size_kb", "7\n");
        Write($"{Instance}/tracing_on", "1\n");
        int tag = file.AsSpan().LastIndexOf("flyrecord\0"u8) + 10;
        for (int cpu = 0; cpu < 2; cpu++)
        {
            long offset = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(tag + (16 * cpu))), size = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(tag + (16 * cpu) + 8));
            File.WriteAllBytes(Make($"{Instance}/per_cpu/cpu{cpu}/trace_pipe_raw"), file[(int)offset..(int)(offset + size)]);
            Write($"{Instance}/per_cpu/cpu{cpu}/stats", "entries: 0\noverrun: 0\ncommit overrun: 0\nbytes: 0\noldest event ts:     0.000000\nnow ts:    70.848282\ndropped events: 0\nread events: 5\n");
        }
    }

    private string Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        return In(path);
    }

    private static byte[] Unpack(string path)
    {
        using var file = File.OpenRead(path);
        using var plain = new ZstdSharp.DecompressionStream(file);
        using var memory = new MemoryStream();
        plain.CopyTo(memory);
        return memory.ToArray();
    }
}
