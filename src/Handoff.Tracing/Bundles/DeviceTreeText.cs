using System.Globalization;

namespace Handoff.Tracing.Bundles;

/// <summary>Reads device-tree source text as dtc writes it: nodes, and properties made of cells.</summary>
internal static class DeviceTreeText
{
    /// <summary>Reads it; <see langword="null"/> if there is no root node.</summary>
    public static DeviceTreeNode? Parse(TextReader text)
    {
        DeviceTreeNode? root = null, node = null;
        string pending = "";
        while (text.ReadLine() is { } read)
        {
            string line = pending + read.Trim();
            pending = "";
            if (line.EndsWith('{'))
            {
                string name = line[..^1].Trim();
                int label = name.LastIndexOf(':');
                if (label >= 0)
                    name = name[(label + 1)..].Trim();
                if (name == "/")
                    node = root = new DeviceTreeNode("", null);
                else if (node is not null)
                    node = new DeviceTreeNode(name, node);
            }
            else if (line.StartsWith('}'))
            {
                node = node?.Parent;
            }
            else if (line.EndsWith(';'))
            {
                AddProperty(node, line[..^1]);
            }
            else if (line.Length > 0 && line.Length < 1 << 20 && node is not null)
            {
                pending = line + " "; // a value that goes on in the next line
            }
        }

        return root;
    }

    private static void AddProperty(DeviceTreeNode? node, string line)
    {
        int equals = line.IndexOf('=');
        if (equals < 0)
        {
            node?.Set(line.Trim(), []);
            return;
        }

        var cells = new List<uint>();
        string value = line[(equals + 1)..];
        if (!value.Contains('"'))
        {
            foreach (string word in value.Split([' ', '<', '>', ',', '\t'], StringSplitOptions.RemoveEmptyEntries))
            {
                bool hex = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
                if (uint.TryParse(hex ? word[2..] : word, hex ? NumberStyles.HexNumber : NumberStyles.None, CultureInfo.InvariantCulture, out uint cell))
                    cells.Add(cell);
            }
        }

        node?.Set(line[..equals].Trim(), cells);
    }
}
