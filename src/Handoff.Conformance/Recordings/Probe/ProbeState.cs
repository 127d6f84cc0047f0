using System.Globalization;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Probe;

/// <summary>The state that the probe keeps between cases: which devices it has, their masks, the running command, and the lines that print it.</summary>
internal sealed class ProbeState
{
    private readonly ProbeLog _log;
    private readonly ProbeBench _bench;
    private readonly Dictionary<ulong, string> _names = [];
    private string _current = "";

    public ProbeState(ProbeLog log, ProbeBench bench)
    {
        _log = log;
        _bench = bench;
        Misuse = new MisuseCases(log, bench);
    }

    /// <summary>The mistakes of the running command, which build on each other.</summary>
    public MisuseCases Misuse { get; private set; }

    /// <summary>The device the running command works on; empty if unknown.</summary>
    public string Current => _current;

    /// <summary>Number of the last case.</summary>
    public int LastCase { get; private set; }

    /// <summary>Where kmalloc memory was seen last: above 4 GiB or below.</summary>
    public bool KmallocIsHigh { get; set; } = true;

    /// <summary>Notes the number of a case that was judged.</summary>
    public void Count(int number) => LastCase = Math.Max(LastCase, number);

    /// <summary>The device of a line: its own, or that of the running command.</summary>
    public string DeviceOf(ProbeLine line) => line.Text("dev") is { Length: > 0 } name ? name : _current;

    public bool IsTranslated(string device) => _bench.Booted.Recorded.IsTranslated(device);

    /// <summary>Sets the mask of a device if it is not that wide yet, as the running command did before its first case.</summary>
    public void NeedMask(Device device, ulong? bits)
    {
        if (bits is <= 64 && device.DmaMask != DmaMask.Bits((int)bits))
            _bench.Layer.SetMaskAndCoherent(device, DmaMask.Bits((int)bits));
    }

    /// <summary>Sets minimum alignment and mask to those of a case. The probe sets the mask whenever it changes the alignment.</summary>
    public void NeedMinAlign(Device device, ulong mask, ulong? bits)
    {
        if (device.MinAlignMask != mask)
        {
            device.MinAlignMask = (uint)mask;
            if (bits is <= 64)
                _bench.Layer.SetMaskAndCoherent(device, DmaMask.Bits((int)bits));
        }

        NeedMask(device, bits);
    }

    /// <summary>Judges one line that prints state.</summary>
    public void Judge(ProbeLine line)
    {
        switch (line.Kind)
        {
            case "dev":
                JudgeDevice(line);
                break;
            case "cmd":
                JudgeCommand(line);
                break;
            case "set_mask":
                JudgeSetMask(line);
                break;
            default:
                JudgeMinAlign(line);
                break;
        }
    }

    private void JudgeDevice(ProbeLine line)
    {
        string name = line.Text("name");
        if (line.Number("i") is not { } index || name.Length == 0)
        {
            _log.Explain([line], "not a line this program knows");
            return;
        }

        _names[index] = name;
        if (IsTranslated(name))
        {
            _log.NotCovered([line]);
            return;
        }

        Device device = _bench.Device(name);
        _log.Compare(
            line,
            $"dev i={index} name={name} bus={line.Text("bus")} edu={line.Text("edu")} coh={(_bench.Layer.Rules.IsCoherent(device) ? 1 : 0)} mask={ProbeBench.Hex(device.DmaMask ?? 0)} "
            + $"coh_mask={ProbeBench.Hex(device.CoherentDmaMask)} bus_limit={ProbeBench.Hex(device.BusDmaLimit)} iommu=0 range_map={(device.DmaRanges.IsEmpty ? 0 : 1)} "
            + $"max_mapping={_bench.Layer.MaxMappingSize(device)} opt_mapping={_bench.Layer.OptMappingSize(device)} align={_bench.Machine.DmaCacheAlignment} "
            + $"phys0_dma={ProbeBench.Hex(_bench.Layer.Rules.ToDma(device, new(0x4000_0000)).Value)}");
    }

    private void JudgeCommand(ProbeLine line)
    {
        string[] words = line.Source.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string operation = words.Length > 1 ? words[1] : "";
        if (words.Length < 6 || !ulong.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out ulong index))
        {
            _log.Explain([line], "not a line this program knows");
            return;
        }

        _current = _names.GetValueOrDefault(index, "");
        _log.Compare(line, $"cmd {operation} {words[2]} {words[3]} {words[4]} case0={LastCase}");
        Misuse = new MisuseCases(_log, _bench) { DeviceName = _current };
        if (_current.Length == 0 || IsTranslated(_current))
            return;
        Device device = _bench.Device(_current);
        switch (operation)
        {
            case "partial" or "misuse" or "hold":
                _bench.Layer.SetMaskAndCoherent(device, DmaMask.Bits(32));
                break;
            case "reset":
                device.MinAlignMask = 0;
                _bench.Layer.SetMaskAndCoherent(device, ulong.MaxValue);
                break;
        }
    }

    private void JudgeSetMask(ProbeLine line)
    {
        string name = line.Text("dev");
        if (IsTranslated(name))
        {
            _log.NotCovered([line]);
            return;
        }

        if (name.Length == 0 || line.Number("bits") is not (<= 64 and { } bits))
        {
            _log.Explain([line], "not a line this program knows");
            return;
        }

        Device device = _bench.Device(name);
        Errno error = _bench.Layer.SetMaskAndCoherent(device, DmaMask.Bits((int)bits));
        string expected = $"set_mask dev={name} bits={bits} rc={(int)error}";
        if (line.Has("mask"))
        {
            expected += $" mask={ProbeBench.Hex(device.DmaMask ?? 0)} coh_mask={ProbeBench.Hex(device.CoherentDmaMask)} bus_limit={ProbeBench.Hex(device.BusDmaLimit)} "
                + $"max_mapping={_bench.Layer.MaxMappingSize(device)} opt_mapping={_bench.Layer.OptMappingSize(device)} required={ProbeBench.Hex(_bench.Layer.GetRequiredMask(device))}";
        }

        _log.Compare(line, expected);
    }

    private void JudgeMinAlign(ProbeLine line)
    {
        string name = line.Text("dev");
        if (IsTranslated(name))
        {
            _log.NotCovered([line]);
            return;
        }

        if (name.Length == 0 || line.Hex("mask") is not (<= uint.MaxValue and { } mask))
        {
            _log.Explain([line], "not a line this program knows");
            return;
        }

        Device device = _bench.Device(name);
        _bench.Layer.SetMaskAndCoherent(device, DmaMask.Bits(32));
        device.MinAlignMask = (uint)mask;
        _log.Compare(line, $"min_align dev={name} mask={ProbeBench.Hex(mask)} max_mapping={_bench.Layer.MaxMappingSize(device)}");
    }
}
